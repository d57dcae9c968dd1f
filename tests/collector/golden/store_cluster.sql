-- 0001_otlp_in
-- The door: an OTLP ExportTraceServiceRequest is one row. It keeps nothing; views take it apart.
CREATE TABLE IF NOT EXISTS otlp_in ON CLUSTER 'it\'s'
(
    tenant String,
    segment UInt64,
    received_ns UInt64,
    resource_spans Array(Tuple(
        resource Tuple(attributes Array(Tuple(key String, value Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String), array_value Tuple(values Array(Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String)))))))),
        scope_spans Array(Tuple(
            scope Tuple(name String, version String),
            spans Array(Tuple(
                trace_id String,
                span_id String,
                trace_state String,
                parent_span_id String,
                name String,
                kind Int64,
                start_time_unix_nano UInt64,
                end_time_unix_nano UInt64,
                attributes Array(Tuple(key String, value Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String), array_value Tuple(values Array(Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String))))))),
                events Array(Tuple(
                    time_unix_nano UInt64,
                    name String,
                    attributes Array(Tuple(key String, value Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String), array_value Tuple(values Array(Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String))))))))),
                links Array(Tuple(
                    trace_id String,
                    span_id String,
                    trace_state String,
                    attributes Array(Tuple(key String, value Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String), array_value Tuple(values Array(Tuple(string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), double_value Nullable(Float64), bytes_value Nullable(String))))))))),
                status Tuple(message String, code Int64)))))))
)
ENGINE = Null

-- 0002_element_text
-- The JSON of an array's element. Functions are expanded where a view is created, and not needed later.
CREATE OR REPLACE FUNCTION fleetglassElementText ON CLUSTER 'it\'s' AS element -> multiIf(
    isNotNull(tupleElement(element, 'string_value')),
    toJSONString(assumeNotNull(tupleElement(element, 'string_value'))),
    isNotNull(tupleElement(element, 'int_value')),
    toString(assumeNotNull(tupleElement(element, 'int_value'))),
    isNotNull(tupleElement(element, 'double_value')),
    if(
        isFinite(assumeNotNull(tupleElement(element, 'double_value'))),
        toString(assumeNotNull(tupleElement(element, 'double_value'))),
        concat('"', toString(assumeNotNull(tupleElement(element, 'double_value'))), '"')),
    isNotNull(tupleElement(element, 'bool_value')),
    if(assumeNotNull(tupleElement(element, 'bool_value')) = 0, 'false', 'true'),
    isNotNull(tupleElement(element, 'bytes_value')),
    toJSONString(base64Encode(assumeNotNull(tupleElement(element, 'bytes_value')))),
    'null')

-- 0003_value_text
-- The text of an attribute's value; otlp/text.py defines it. What is nothing else is an array, maybe an
-- empty one: the receiver has seen to it that every value is something.
CREATE OR REPLACE FUNCTION fleetglassValueText ON CLUSTER 'it\'s' AS value -> multiIf(
    isNotNull(tupleElement(value, 'string_value')),
    assumeNotNull(tupleElement(value, 'string_value')),
    isNotNull(tupleElement(value, 'int_value')),
    toString(assumeNotNull(tupleElement(value, 'int_value'))),
    isNotNull(tupleElement(value, 'double_value')),
    toString(assumeNotNull(tupleElement(value, 'double_value'))),
    isNotNull(tupleElement(value, 'bool_value')),
    if(assumeNotNull(tupleElement(value, 'bool_value')) = 0, 'false', 'true'),
    isNotNull(tupleElement(value, 'bytes_value')),
    base64Encode(assumeNotNull(tupleElement(value, 'bytes_value'))),
    concat(
        '[',
        arrayStringConcat(
            arrayMap(
                element -> fleetglassElementText(element),
                tupleElement(tupleElement(value, 'array_value'), 'values')),
            ','),
        ']'))

-- 0004_text_map
-- Attributes as the exporter's map. A key that occurs twice, which OTLP forbids, stays twice.
CREATE OR REPLACE FUNCTION fleetglassTextMap ON CLUSTER 'it\'s' AS attributes -> CAST(
    (tupleElement(attributes, 'key'), arrayMap(value -> fleetglassValueText(value), tupleElement(attributes, 'value'))),
    'Map(LowCardinality(String), String)')

-- 0005_time
-- Nanoseconds since 1970 as a time. Keys and TTLs count seconds in 32 bits, which end in 2106: all that
-- is later than the year 2100 is 2100, which leaves room for a TTL to be added.
CREATE OR REPLACE FUNCTION fleetglassTime ON CLUSTER 'it\'s' AS nanoseconds ->
    fromUnixTimestamp64Nano(toInt64(least(nanoseconds, 4102444800000000000)))

-- 0006_id
-- An id as hex; one that is all zero is none.
CREATE OR REPLACE FUNCTION fleetglassId ON CLUSTER 'it\'s' AS id ->
    if(id = repeat('\0', length(id)), '', lower(hex(id)))

-- 0007_otel_traces
-- The OpenTelemetry ClickHouse exporter's table, column for column.
CREATE TABLE IF NOT EXISTS otel_traces_local ON CLUSTER 'it\'s'
(
    Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Duration UInt64 CODEC(T64, ZSTD(1)),
    StatusCode LowCardinality(String) CODEC(ZSTD(1)),
    StatusMessage String CODEC(ZSTD(1)),
    Events Nested(
        Timestamp DateTime64(9),
        Name LowCardinality(String),
        Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    Links Nested(
        TraceId String,
        SpanId String,
        TraceState String,
        Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    ResourceAttributeItems Array(String) ALIAS arrayMap(
        kv -> concat(kv.1, '=', kv.2), CAST(ResourceAttributes, 'Array(Tuple(String, String))')),
    SpanAttributeItems Array(String) ALIAS arrayMap(
        kv -> concat(kv.1, '=', kv.2), CAST(SpanAttributes, 'Array(Tuple(String, String))')),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1,
    INDEX idx_lower_span_name lower(SpanName) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
)
ENGINE = ReplicatedMergeTree
PARTITION BY toDate(Timestamp)
PRIMARY KEY (ServiceName, SpanName, toDateTime(Timestamp))
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
TTL toDateTime(Timestamp) + toIntervalDay(7)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800,
    -- A wide part is a hundred files; making and merging them cost a third of the intake's time.
    min_bytes_for_wide_part = 268435456, merge_selector_base = 10,
    -- The journal forgets what is confirmed, so that must outlive a power cut.
    fsync_after_insert = 1, fsync_part_directory = 1

-- 0008_otel_traces
CREATE TABLE IF NOT EXISTS otel_traces ON CLUSTER 'it\'s' AS otel_traces_local
ENGINE = Distributed('it\'s', currentDatabase(), otel_traces_local, cityHash64(TraceId))

-- 0009_otel_traces_trace_id_ts
-- When a trace was, for looking it up by its id without reading every day.
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts_local ON CLUSTER 'it\'s'
(
    TraceId String CODEC(ZSTD(1)),
    Start SimpleAggregateFunction(min, DateTime) CODEC(Delta, ZSTD(1)),
    End SimpleAggregateFunction(max, DateTime) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree
PARTITION BY toStartOfWeek(Start)
ORDER BY TraceId
TTL Start + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1

-- 0010_otel_traces_trace_id_ts
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts ON CLUSTER 'it\'s' AS otel_traces_trace_id_ts_local
ENGINE = Distributed('it\'s', currentDatabase(), otel_traces_trace_id_ts_local, cityHash64(TraceId))

-- 0011_otel_traces_trace_id_ts_mv
-- Fed from the rows of its own shard, which are whole traces.
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_id_ts_mv ON CLUSTER 'it\'s' TO otel_traces_trace_id_ts_local AS
SELECT
    TraceId,
    min(Timestamp) AS Start,
    max(Timestamp) AS End
FROM otel_traces_local
WHERE TraceId != ''
GROUP BY TraceId

-- 0012_otel_traces_from_otlp
-- What is the same for all spans of a resource is computed before they are taken apart.
-- In a cluster it writes to the distributed table, so that a trace's spans meet on one shard.
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_from_otlp ON CLUSTER 'it\'s' TO otel_traces AS
SELECT
    fleetglassTime(span.start_time_unix_nano) AS Timestamp,
    lower(hex(span.trace_id)) AS TraceId,
    lower(hex(span.span_id)) AS SpanId,
    fleetglassId(span.parent_span_id) AS ParentSpanId,
    span.trace_state AS TraceState,
    span.name AS SpanName,
    transform(
        span.kind, [1, 2, 3, 4, 5], ['Internal', 'Server', 'Client', 'Producer', 'Consumer'], 'Unspecified') AS SpanKind,
    service AS ServiceName,
    resource AS ResourceAttributes,
    scope.name AS ScopeName,
    scope.version AS ScopeVersion,
    fleetglassTextMap(span.attributes) AS SpanAttributes,
    toUInt64(greatest(span.end_time_unix_nano, span.start_time_unix_nano) - span.start_time_unix_nano) AS Duration,
    transform(span.status.code, [1, 2], ['Ok', 'Error'], 'Unset') AS StatusCode,
    span.status.message AS StatusMessage,
    arrayMap(time -> fleetglassTime(time), span.events.time_unix_nano) AS `Events.Timestamp`,
    span.events.name AS `Events.Name`,
    arrayMap(attributes -> fleetglassTextMap(attributes), span.events.attributes) AS `Events.Attributes`,
    arrayMap(id -> fleetglassId(id), span.links.trace_id) AS `Links.TraceId`,
    arrayMap(id -> fleetglassId(id), span.links.span_id) AS `Links.SpanId`,
    span.links.trace_state AS `Links.TraceState`,
    arrayMap(attributes -> fleetglassTextMap(attributes), span.links.attributes) AS `Links.Attributes`
FROM
(
    SELECT
        resource,
        toLowCardinality(resource['service.name']) AS service,
        scope_spans.scope AS scope,
        arrayJoin(scope_spans.spans) AS span
    FROM
    (
        SELECT
            if(
                tenant IN ('', 'default'),
                sent,
                mapConcat(mapFilter((key, _) -> key != 'fleetglass.tenant', sent), map('fleetglass.tenant', tenant))) AS resource,
            arrayJoin(resource_spans.scope_spans) AS scope_spans
        FROM
        (
            SELECT
                tenant,
                fleetglassTextMap(resource_spans.resource.attributes) AS sent,
                resource_spans
            FROM
            (
                SELECT tenant, arrayJoin(resource_spans) AS resource_spans
                FROM otlp_in
            )
        )
    )
)

-- 0020_prices
-- What models cost, by the names that spans give them; a pair without a price stands here too, as not known.
-- Each element of `offers` is a price with its conditions, in dollars per million tokens (per thousand requests);
-- -1 is no price of its own: such tokens cost what those cost that they are a part of.
-- In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS prices ON CLUSTER 'it\'s'
(
    provider String,
    model String,
    service_tier LowCardinality(String),
    known UInt8,
    source LowCardinality(String),
    priced_as String,
    note String,
    digest String,
    offers Nested(
        since DateTime('UTC'),
        until DateTime('UTC'),
        day_from UInt32,
        day_until UInt32,
        from_input UInt64,
        up_to_input UInt64,
        input Float64,
        output Float64,
        cache_read Float64,
        cache_write Float64,
        reasoning Float64,
        audio_input Float64,
        audio_output Float64,
        audio_cache_read Float64,
        request Float64),
    -- The offer that most calls of today fall under stands apart: it is found without a search.
    usual UInt32 ALIAS toUInt32(arrayFirstIndex(
        (since, until, day_from, day_until, from_input) ->
            since <= now('UTC') AND now('UTC') < until AND day_from = 0 AND day_until = 86400 AND from_input = 0,
        offers.since, offers.until, offers.day_from, offers.day_until, offers.from_input)),
    usual_since DateTime('UTC') ALIAS offers.since[usual],
    -- (Where tokens of reasoning have a price, none: they would have to be looked at.)
    usual_until DateTime('UTC') ALIAS if(offers.reasoning[usual] < 0, offers.until, offers.since)[usual],
    usual_up_to_input UInt64 ALIAS offers.up_to_input[usual],
    usual_input Float64 ALIAS greatest(offers.input[usual], 0),
    usual_output Float64 ALIAS greatest(offers.output[usual], 0),
    -- How much more, or less, a token costs for being cached.
    usual_cache_read Float64 ALIAS if(offers.cache_read[usual] < 0, 0, offers.cache_read[usual] - usual_input),
    usual_cache_write Float64 ALIAS if(offers.cache_write[usual] < 0, 0, offers.cache_write[usual] - usual_input),
    usual_request Float64 ALIAS greatest(offers.request[usual], 0),
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', updated_at)
ORDER BY (provider, model, service_tier)

-- 0021_prices_dictionary
-- Reloaded whenever `prices` was written to; on a server also by itself.
CREATE OR REPLACE DICTIONARY prices_now ON CLUSTER 'it\'s'
(
    provider String,
    model String,
    service_tier String,
    known UInt8,
    usual_since DateTime('UTC'),
    usual_until DateTime('UTC'),
    usual_up_to_input UInt64,
    usual_input Float64,
    usual_output Float64,
    usual_cache_read Float64,
    usual_cache_write Float64,
    usual_request Float64,
    `offers.since` Array(DateTime('UTC')),
    `offers.until` Array(DateTime('UTC')),
    `offers.day_from` Array(UInt32),
    `offers.day_until` Array(UInt32),
    `offers.from_input` Array(UInt64),
    `offers.up_to_input` Array(UInt64),
    `offers.input` Array(Float64),
    `offers.output` Array(Float64),
    `offers.cache_read` Array(Float64),
    `offers.cache_write` Array(Float64),
    `offers.reasoning` Array(Float64),
    `offers.audio_input` Array(Float64),
    `offers.audio_output` Array(Float64),
    `offers.audio_cache_read` Array(Float64),
    `offers.request` Array(Float64)
)
PRIMARY KEY provider, model, service_tier
SOURCE(CLICKHOUSE(TABLE 'prices'))
LAYOUT(COMPLEX_KEY_HASHED_ARRAY())
LIFETIME(MIN 60 MAX 120)
SETTINGS(final = 1)

-- 0022a_priced_model
-- The name that a call is priced by: the model that answered if its price is known, else the one that was asked.
CREATE OR REPLACE FUNCTION fleetglassPricedModel ON CLUSTER 'it\'s' AS (provider, model, response_model) ->
    if(
        response_model != model AND dictGet('prices_now', 'known', (provider, response_model, '')),
        response_model,
        model)

-- 0022b_price_key
-- A service tier without prices of its own costs as any other call.
CREATE OR REPLACE FUNCTION fleetglassPriceKey ON CLUSTER 'it\'s' AS (provider, priced_model, service_tier) -> (
    provider,
    priced_model,
    if(
        service_tier != '' AND dictGet('prices_now', 'known', (provider, priced_model, service_tier)),
        service_tier,
        ''))

-- 0022c_usual_price
-- One look-up: without `identity` every element of the tuple becomes its own.
CREATE OR REPLACE FUNCTION fleetglassUsualPrice ON CLUSTER 'it\'s' AS key -> identity(dictGet(
    'prices_now',
    ('known', 'usual_since', 'usual_until', 'usual_up_to_input', 'usual_input', 'usual_output', 'usual_cache_read', 'usual_cache_write', 'usual_request'),
    key))

-- 0022d_usual_cost
-- Dollars for a call under the usual offer; its parts are within the whole, and none is sound.
CREATE OR REPLACE FUNCTION fleetglassUsualCost ON CLUSTER 'it\'s' AS (price, input, output, cache_read, cache_write) ->
    (
        input * tupleElement(price, 5)
        + output * tupleElement(price, 6)
        + cache_read * tupleElement(price, 7)
        + cache_write * tupleElement(price, 8)
    ) / 1e6
    + tupleElement(price, 9) / 1e3

-- 0022e_offer_cost
-- Dollars for a call under any offer, from what its classes of tokens cost. What is a part of other tokens and has
-- a price of its own is taken out of them; where the parts are more than the whole, they alone are paid.
CREATE OR REPLACE FUNCTION fleetglassOfferCost ON CLUSTER 'it\'s' AS (
    input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read,
    p_input, p_output, p_cache_read, p_cache_write, p_reasoning, p_audio_input, p_audio_output, p_audio_cache_read, p_request
) ->
    (
        greatest(p_input, 0) * greatest(
            input
                - if(p_cache_read < 0, 0, greatest(cache_read, if(p_audio_cache_read < 0, 0, audio_cache_read)))
                - if(p_cache_write < 0, 0, cache_write)
                - if(p_audio_input < 0, 0, greatest(audio_input - if(p_audio_cache_read < 0, 0, audio_cache_read), 0)),
            0)
        + greatest(p_cache_read, 0) * greatest(cache_read - if(p_audio_cache_read < 0, 0, audio_cache_read), 0)
        + greatest(p_cache_write, 0) * cache_write
        + greatest(p_audio_input, 0) * greatest(audio_input - if(p_audio_cache_read < 0, 0, audio_cache_read), 0)
        + greatest(p_audio_cache_read, 0) * audio_cache_read
        + greatest(p_output, 0) * greatest(
            output - if(p_reasoning < 0, 0, reasoning) - if(p_audio_output < 0, 0, audio_output), 0)
        + greatest(p_reasoning, 0) * reasoning
        + greatest(p_audio_output, 0) * audio_output
    ) / 1e6
    + greatest(p_request, 0) / 1e3

-- 0022f_cost_by_key
-- Most calls fall under the usual offer; the others (long, old, spoken, at some time of day) search for theirs.
-- `bitAnd`, for AND would evaluate its sides one by one, row by row. A sum of counts as Float64, for it may be too large.
-- The key is written many times over where this is expanded: give it a name, and the database has less to read.
CREATE OR REPLACE FUNCTION fleetglassCostByKey ON CLUSTER 'it\'s' AS (
    key, at, input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read
) -> multiIf(
    NOT tupleElement(fleetglassUsualPrice(key), 1),
    NULL,
    bitAnd(
        bitAnd(
            bitAnd(at >= tupleElement(fleetglassUsualPrice(key), 2), at < tupleElement(fleetglassUsualPrice(key), 3)),
            bitAnd(input <= tupleElement(fleetglassUsualPrice(key), 4), toFloat64(cache_read) + cache_write <= input)),
        bitOr(bitOr(audio_input, audio_output), audio_cache_read) = 0),
    fleetglassUsualCost(fleetglassUsualPrice(key), input, output, cache_read, cache_write),
    arrayFirstOrNull(
        dollars -> dollars >= 0,
        arrayMap(
            (
                since, until, day_from, day_until, from_input, up_to_input,
                p_input, p_output, p_cache_read, p_cache_write, p_reasoning, p_audio_input, p_audio_output, p_audio_cache_read, p_request
            ) -> if(
                bitAnd(
                    bitAnd(at >= since, at < until),
                    bitAnd(
                        bitAnd(at % 86400 >= day_from, at % 86400 < day_until),
                        bitAnd(input >= from_input, input <= up_to_input))),
                fleetglassOfferCost(
                    toFloat64(input), toFloat64(output), toFloat64(cache_read), toFloat64(cache_write), toFloat64(reasoning),
                    toFloat64(audio_input), toFloat64(audio_output), toFloat64(audio_cache_read),
                    p_input, p_output, p_cache_read, p_cache_write, p_reasoning, p_audio_input, p_audio_output, p_audio_cache_read, p_request),
                -1.),
            dictGet('prices_now', 'offers.since', key),
            dictGet('prices_now', 'offers.until', key),
            dictGet('prices_now', 'offers.day_from', key),
            dictGet('prices_now', 'offers.day_until', key),
            dictGet('prices_now', 'offers.from_input', key),
            dictGet('prices_now', 'offers.up_to_input', key),
            dictGet('prices_now', 'offers.input', key),
            dictGet('prices_now', 'offers.output', key),
            dictGet('prices_now', 'offers.cache_read', key),
            dictGet('prices_now', 'offers.cache_write', key),
            dictGet('prices_now', 'offers.reasoning', key),
            dictGet('prices_now', 'offers.audio_input', key),
            dictGet('prices_now', 'offers.audio_output', key),
            dictGet('prices_now', 'offers.audio_cache_read', key),
            dictGet('prices_now', 'offers.request', key))))

-- 0022g_call_cost
-- Dollars that a call costs; NULL where no price is known. Input is the total, with what is cached.
CREATE OR REPLACE FUNCTION fleetglassCallCost ON CLUSTER 'it\'s' AS (
    provider, model, response_model, service_tier, start_time,
    input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read
) -> fleetglassCostByKey(
    fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier),
    toUnixTimestamp(start_time),
    input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read)

-- 0022h_cost
-- The same for calls of which no more is told.
CREATE OR REPLACE FUNCTION fleetglassCost ON CLUSTER 'it\'s' AS (
    provider, model, response_model, start_time, input, output, cache_read, cache_write
) -> fleetglassCallCost(provider, model, response_model, '', start_time, input, output, cache_read, cache_write, 0, 0, 0, 0)
