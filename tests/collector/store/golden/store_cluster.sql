-- otlp_in
-- Where OTLP requests are inserted: one ExportTraceServiceRequest a row. It keeps nothing; views take it apart.
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

-- fleetglassElementText
-- An element of an array as JSON. The database replaces a function by its text where a view is created; it does not
-- need the function afterwards.
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

-- fleetglassValueText
-- An attribute's value as text, as otlp/text.py defines it. A value without any scalar is an array, perhaps an empty
-- one: the receiver makes sure that every value is set.
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

-- fleetglassTextMap
-- Attributes as the map of the OpenTelemetry exporter. A key that occurs twice, which OTLP forbids, stays twice.
CREATE OR REPLACE FUNCTION fleetglassTextMap ON CLUSTER 'it\'s' AS attributes -> CAST(
    (tupleElement(attributes, 'key'), arrayMap(value -> fleetglassValueText(value), tupleElement(attributes, 'value'))),
    'Map(LowCardinality(String), String)')

-- fleetglassTime
-- Nanoseconds since 1970 as a time. Keys and TTLs count seconds in 32 bits, which end in 2106. So a time after
-- 2100 becomes 2100, which leaves room for adding a TTL.
CREATE OR REPLACE FUNCTION fleetglassTime ON CLUSTER 'it\'s' AS nanoseconds ->
    fromUnixTimestamp64Nano(toInt64(least(nanoseconds, 4102444800000000000)))

-- fleetglassId
-- An id as hexadecimal text; empty if all its bytes are zero.
CREATE OR REPLACE FUNCTION fleetglassId ON CLUSTER 'it\'s' AS id ->
    if(id = repeat('\0', length(id)), '', lower(hex(id)))

-- otel_traces_local
-- The table of the OpenTelemetry ClickHouse exporter, column for column.
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
    -- A wide part has a hundred files; writing and merging them took a third of the time of an insert.
    min_bytes_for_wide_part = 268435456, merge_selector_base = 10,
    -- The journal deletes a segment once the insert is confirmed, so the rows must survive a power cut.
    fsync_after_insert = 1, fsync_part_directory = 1

-- otel_traces
-- Spreads the rows of a table over the shards of a cluster, and reads them from there.
CREATE TABLE IF NOT EXISTS otel_traces ON CLUSTER 'it\'s' AS otel_traces_local
ENGINE = Distributed('it\'s', currentDatabase(), otel_traces_local, cityHash64(TraceId))

-- otel_traces_trace_id_ts_local
-- When each trace was, to look it up by its id without reading every day.
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

-- otel_traces_trace_id_ts
-- Spreads the rows of a table over the shards of a cluster, and reads them from there.
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts ON CLUSTER 'it\'s' AS otel_traces_trace_id_ts_local
ENGINE = Distributed('it\'s', currentDatabase(), otel_traces_trace_id_ts_local, cityHash64(TraceId))

-- otel_traces_trace_id_ts_mv
-- Reads the rows of its own shard, which holds whole traces.
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_id_ts_mv ON CLUSTER 'it\'s' TO otel_traces_trace_id_ts_local AS
SELECT
    TraceId,
    min(Timestamp) AS Start,
    max(Timestamp) AS End
FROM otel_traces_local
WHERE TraceId != ''
GROUP BY TraceId

-- otel_traces_from_otlp
-- Facts that all spans of a resource share are computed before the spans are taken apart. In a cluster it writes to the
-- distributed table, so that the spans of a trace meet on one shard.
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

-- fleetglassEventText
-- An attribute of the first event with a name. Some instrumentations put inputs and outputs there.
CREATE OR REPLACE FUNCTION fleetglassEventText ON CLUSTER 'it\'s' AS (events, event, name) -> arrayMap(
    attributes -> ifNull(
        tupleElement(tupleElement(attributes, 'value'), 'string_value')[indexOf(tupleElement(attributes, 'key'), name)], ''),
    [tupleElement(events, 'attributes')[indexOf(tupleElement(events, 'name'), event)]])[1]

-- fleetglassUnwrapped
-- The arguments or the result of a tool, without the wrapping that some frameworks add.
CREATE OR REPLACE FUNCTION fleetglassUnwrapped ON CLUSTER 'it\'s' AS text -> multiIf(
    NOT startsWith(text, '{') OR NOT multiSearchAny(text, ['"kwargs"', '"inputs"', '"tool_call_id"']),
    trimBoth(text),
    JSONType(text, 'kwargs') = 'Object' AND JSONLength(text, 'args') = 0,
    JSONExtractRaw(text, 'kwargs'),
    JSONType(text, 'data', 'content') = 'String',
    JSONExtractString(text, 'data', 'content'),
    JSONType(text, 'inputs') = 'Object',
    JSONExtractRaw(text, 'inputs'),
    text)

-- fleetglassRecorded
-- A text; nothing if an instrumentation wrote a mark such as "__REDACTED__" in its place to hide it. Two hidden
-- texts are equal marks, and no equal texts.
CREATE OR REPLACE FUNCTION fleetglassRecorded ON CLUSTER 'it\'s' AS text ->
    if(length(text) <= 64 AND match(text, '^(?i:[\\s"\'<\\[({_*]*(?:redacted|hidden|omitted|masked|scrubbed|not recorded)(?: (?:by|due|because)\\b[^"]*)?[\\s"\'>\\])}_*.]*)$'), '', text)

-- fleetglassWithoutIds
-- A model's output without the ids of messages and calls, which are new each time.
CREATE OR REPLACE FUNCTION fleetglassWithoutIds ON CLUSTER 'it\'s' AS text -> if(
    NOT multiSearchAny(text, ['id"', 'Id"']),
    text,
    replaceRegexpAll(text, '"(id|call_id|tool_call_id|toolUseId)" *: *("[^"]*"|null),? *', ''))

-- fleetglassIsSchema
-- Whether a text is a tool's schema. Some instrumentations put it where the arguments should be, the same for every call.
CREATE OR REPLACE FUNCTION fleetglassIsSchema ON CLUSTER 'it\'s' AS text ->
    position(text, '"properties"') > 0 AND JSONType(text, 'properties') = 'Object' AND JSONExtractString(text, 'type') = 'object'

-- fleetglassTarget
-- The agent that the arguments of a handoff name.
CREATE OR REPLACE FUNCTION fleetglassTarget ON CLUSTER 'it\'s' AS arguments -> if(
    NOT startsWith(arguments, '{'),
    '',
    arrayFirst(
        name -> name != '',
        arrayMap(key -> JSONExtractString(arguments, key), ['agent_name', 'agent', 'target', 'to', 'recipient', 'name'])))

-- span_texts
-- The words of a span (arguments and result, input and output), whatever the dialect. Only for a few spans: query it by
-- trace_id and time. It reads the payload, which is deleted after a few days.
-- `heard` and `heard_parts` are what a model or an agent was given to read, `declared` is what our own SDK says of actions
-- and approvals.
CREATE OR REPLACE VIEW span_texts ON CLUSTER 'it\'s' AS
SELECT
    Timestamp AS time,
    TraceId AS trace_id,
    SpanId AS span_id,
    fleetglassUnwrapped(firstNonDefault(
        if(fleetglassIsSchema(firstNonDefault(SpanAttributes['gen_ai.tool.call.arguments'], SpanAttributes['tool_arguments'], SpanAttributes['ai.toolCall.args'], SpanAttributes['gcp.vertex.agent.tool_call_args'])), '', firstNonDefault(SpanAttributes['gen_ai.tool.call.arguments'], SpanAttributes['tool_arguments'], SpanAttributes['ai.toolCall.args'], SpanAttributes['gcp.vertex.agent.tool_call_args'])),
        input,
        Events.Attributes[indexOf(Events.Name, 'gen_ai.tool.message')]['content'])) AS asked,
    fleetglassUnwrapped(firstNonDefault(firstNonDefault(SpanAttributes['gen_ai.tool.call.result'], SpanAttributes['tool_response'], SpanAttributes['ai.toolCall.result'], SpanAttributes['gcp.vertex.agent.tool_response']), said)) AS answered,
    firstNonDefault(SpanAttributes['input.value'], SpanAttributes['traceloop.entity.input'], SpanAttributes['langfuse.observation.input']) AS input,
    firstNonDefault(
        firstNonDefault(SpanAttributes['gen_ai.output.messages'], SpanAttributes['ai.response.text'], SpanAttributes['final_result'], SpanAttributes['gen_ai.completion.0.content'], SpanAttributes['llm.output_messages.0.message.content'], SpanAttributes['ai.response.toolCalls'], SpanAttributes['output.value'], SpanAttributes['traceloop.entity.output'], SpanAttributes['langfuse.observation.output']), Events.Attributes[indexOf(Events.Name, 'gen_ai.choice')]['message']) AS said,
    firstNonDefault(SpanAttributes['gen_ai.input.messages'], SpanAttributes['ai.prompt.messages'], SpanAttributes['ai.prompt'], SpanAttributes['gen_ai.prompt'], SpanAttributes['all_messages_events'], SpanAttributes['pydantic_ai.all_messages'], SpanAttributes['input.value'], SpanAttributes['traceloop.entity.input'], SpanAttributes['langfuse.observation.input']) AS heard,
    firstNonDefault(SpanAttributes['gen_ai.system_instructions'], SpanAttributes['gen_ai.system_prompt']) AS instructions,
    mapFilter((name, value) -> arrayExists(prefix -> startsWith(name, prefix), ['llm.input_messages.', 'gen_ai.prompt.']), SpanAttributes)
        AS heard_parts,
    mapFilter((name, value) -> startsWith(name, 'fleetglass.'), SpanAttributes) AS declared
FROM otel_traces

-- fleetglass_secret
-- A database of its own, so that one grant keeps readers out of it.
CREATE DATABASE IF NOT EXISTS fleetglass_secret ON CLUSTER 'it\'s'

-- fleetglass_secret.keys
-- The key of the fingerprints. Without it nobody can test a guess at a text that was hashed. store/migrate.py
-- makes it once. If two collectors make one at the same time, the first counts.
CREATE TABLE IF NOT EXISTS fleetglass_secret.keys ON CLUSTER 'it\'s'
(
    id UInt64,
    k0 UInt64,
    k1 UInt64,
    rank UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Nano(now64(9))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', rank)
ORDER BY id

-- fleetglass_secret.key
-- The key as functions read it.
CREATE OR REPLACE DICTIONARY fleetglass_secret.key ON CLUSTER 'it\'s'
(
    id UInt64,
    k0 UInt64,
    k1 UInt64
)
PRIMARY KEY id
SOURCE(CLICKHOUSE(DB 'fleetglass_secret' TABLE 'keys'))
LAYOUT(FLAT())
LIFETIME(0)
SETTINGS(final = 1)

-- fleetglassHash
-- A fingerprint of a text; 0 for an empty text. For JSON, neither the order of an object's keys nor the white
-- space between its parts changes the fingerprint. Each installation has its own key.
CREATE OR REPLACE FUNCTION fleetglassHash ON CLUSTER 'it\'s' AS (prefix, text) -> multiIf(
    text = '',
    0,
    startsWith(text, '{'),
    sipHash64Keyed(
        dictGet('fleetglass_secret.key', ('k0', 'k1'), toUInt64(1)),
        prefix,
        arraySort(JSONExtractKeysAndValuesRaw(text)),
        -- An empty object, or not JSON.
        if(empty(JSONExtractKeysAndValuesRaw(text)), text, '')),
    startsWith(text, '['),
    sipHash64Keyed(
        dictGet('fleetglass_secret.key', ('k0', 'k1'), toUInt64(1)),
        prefix,
        JSONExtractArrayRaw(text),
        if(empty(JSONExtractArrayRaw(text)), text, '')),
    sipHash64Keyed(dictGet('fleetglass_secret.key', ('k0', 'k1'), toUInt64(1)), prefix, text))

-- fleetglassArgumentsHash
-- The fingerprint of a tool's arguments; 0 where no arguments were recorded.
CREATE OR REPLACE FUNCTION fleetglassArgumentsHash ON CLUSTER 'it\'s' AS (tool, arguments) ->
    fleetglassHash(tool, fleetglassUnwrapped(arguments))

-- fleetglassShape
-- A fingerprint of a tool's arguments without numbers and ids: it stays the same when a call is repeated with a
-- new cursor.
CREATE OR REPLACE FUNCTION fleetglassShape ON CLUSTER 'it\'s' AS (tool, arguments) -> if(
    arguments = '',
    0,
    sipHash64Keyed(
        dictGet('fleetglass_secret.key', ('k0', 'k1'), toUInt64(1)),
        tool,
        replaceRegexpAll(arguments, '[[:alnum:]]*[0-9][[:alnum:]]*', '')))

-- prices
-- Prices of models, by the names that spans use. A pair of names without a price has a row too, with `known` 0.
-- Each element of `offers` is a price with its conditions, in dollars per million tokens (or per thousand requests).
-- -1 means no price of its own: such tokens cost as much as the tokens that they are a part of.
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
    -- The usual offer, which most calls of today fall under, has columns of its own: it needs no search.
    seconds_today Array(UInt32) ALIAS arrayMap(
        (since, until, day_from, day_until, from_input) ->
            if(since <= now('UTC') AND now('UTC') < until AND from_input = 0, day_until - day_from, 0),
        offers.since, offers.until, offers.day_from, offers.day_until, offers.from_input),
    usual UInt32 ALIAS if(arrayMax(seconds_today) = 0, 0, indexOf(seconds_today, arrayMax(seconds_today))),
    usual_since DateTime('UTC') ALIAS offers.since[usual],
    -- (An offer with a price for reasoning is never the usual one, which does not look at those tokens.)
    usual_until DateTime('UTC') ALIAS if(offers.reasoning[usual] < 0, offers.until, offers.since)[usual],
    usual_day_from UInt32 ALIAS offers.day_from[usual],
    usual_day_until UInt32 ALIAS offers.day_until[usual],
    usual_up_to_input UInt64 ALIAS offers.up_to_input[usual],
    usual_input Float64 ALIAS greatest(offers.input[usual], 0),
    usual_output Float64 ALIAS greatest(offers.output[usual], 0),
    -- The difference in price between a cached token and another.
    usual_cache_read Float64 ALIAS if(offers.cache_read[usual] < 0, 0, offers.cache_read[usual] - usual_input),
    usual_cache_write Float64 ALIAS if(offers.cache_write[usual] < 0, 0, offers.cache_write[usual] - usual_input),
    usual_request Float64 ALIAS greatest(offers.request[usual], 0),
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', updated_at)
ORDER BY (provider, model, service_tier)

-- prices_now
-- The prices in memory. Reloaded after each change of `prices`; a server also reloads it now and then.
CREATE OR REPLACE DICTIONARY prices_now ON CLUSTER 'it\'s'
(
    provider String,
    model String,
    service_tier String,
    known UInt8,
    usual_since DateTime('UTC'),
    usual_until DateTime('UTC'),
    usual_day_from UInt32,
    usual_day_until UInt32,
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
COMMENT 'Internal: the prices in memory'

-- fleetglassPricedModel
-- The model that a call is priced by: the one that answered if it has a price, else the one that was requested.
CREATE OR REPLACE FUNCTION fleetglassPricedModel ON CLUSTER 'it\'s' AS (provider, model, response_model) ->
    if(
        response_model != model AND dictGet('prices_now', 'known', (provider, response_model, '')),
        response_model,
        model)

-- fleetglassPriceKey
-- The key of a call in `prices_now`. A service tier without prices of its own costs as much as any other call.
CREATE OR REPLACE FUNCTION fleetglassPriceKey ON CLUSTER 'it\'s' AS (provider, priced_model, service_tier) -> (
    provider,
    priced_model,
    if(
        service_tier != '' AND dictGet('prices_now', 'known', (provider, priced_model, service_tier)),
        service_tier,
        ''))

-- fleetglassUsualPrice
-- The usual price as a tuple, by one look-up: without `identity` each element would be looked up on its own.
CREATE OR REPLACE FUNCTION fleetglassUsualPrice ON CLUSTER 'it\'s' AS key -> identity(dictGet(
    'prices_now',
    ('known', 'usual_since', 'usual_until', 'usual_day_from', 'usual_day_until', 'usual_up_to_input', 'usual_input', 'usual_output', 'usual_cache_read', 'usual_cache_write', 'usual_request'),
    key))

-- fleetglassUsualCost
-- The dollars that a call costs under the usual offer. Its parts are within the whole, and it has no audio.
CREATE OR REPLACE FUNCTION fleetglassUsualCost ON CLUSTER 'it\'s' AS (usual, input, output, cache_read, cache_write) ->
    (
        input * tupleElement(usual, 7)
        + output * tupleElement(usual, 8)
        + cache_read * tupleElement(usual, 9)
        + cache_write * tupleElement(usual, 10)
    ) / 1e6
    + tupleElement(usual, 11) / 1e3

-- fleetglassOfferCost
-- The dollars that a call costs under an offer, from the price of each class of tokens. Tokens that are a part of others
-- and have a price of their own are taken out of those. If the parts are more than the whole, only the parts are paid.
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

-- fleetglassCostByKey
-- The dollars that a call costs, by its key in `prices_now` and its usual price. Most calls fall under the usual offer.
-- The others (long, old, with audio, at a special time of day) look for their offer.
-- `bitAnd`, because AND would evaluate its sides one by one, row by row. The sum of counts is a Float64 because it may be
-- too large for an integer. The expanded text repeats the key and its usual price many times: pass names for them, and the
-- database has less to read.
CREATE OR REPLACE FUNCTION fleetglassCostByKey ON CLUSTER 'it\'s' AS (
    key, usual, at, input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read
) -> multiIf(
    NOT tupleElement(usual, 1),
    NULL,
    bitAnd(
        bitAnd(
            bitAnd(
                bitAnd(at >= tupleElement(usual, 2), at < tupleElement(usual, 3)),
                bitAnd(
                    at % 86400 >= tupleElement(usual, 4),
                    at % 86400 < tupleElement(usual, 5))),
            bitAnd(input <= tupleElement(usual, 6), toFloat64(cache_read) + cache_write <= input)),
        bitOr(bitOr(audio_input, audio_output), audio_cache_read) = 0),
    fleetglassUsualCost(usual, input, output, cache_read, cache_write),
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
                    toFloat64(input), toFloat64(output), toFloat64(cache_read), toFloat64(cache_write), toFloat64(reasoning), toFloat64(audio_input), toFloat64(audio_output), toFloat64(audio_cache_read),
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

-- fleetglassCallCost
-- The dollars that a call costs; NULL without a known price. `input` is the total, including cached tokens.
CREATE OR REPLACE FUNCTION fleetglassCallCost ON CLUSTER 'it\'s' AS (
    provider, model, response_model, service_tier, start_time,
    input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read
) -> fleetglassCostByKey(
    fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier),
    fleetglassUsualPrice(fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier)),
    toUnixTimestamp(start_time),
    input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read)

-- fleetglassCost
-- The same for a call without service tier, reasoning and audio.
CREATE OR REPLACE FUNCTION fleetglassCost ON CLUSTER 'it\'s' AS (
    provider, model, response_model, start_time, input, output, cache_read, cache_write
) -> fleetglassCallCost(provider, model, response_model, '', start_time, input, output, cache_read, cache_write, 0, 0, 0, 0)

-- agent_spans_in
-- Where rows of spans are inserted: a span that arrives, or a span that is written again. In the second case its old
-- row comes first, with sign -1, and takes its counts out of the rollups. It keeps nothing.
-- settle/row.py writes the columns in this order. `arrived` stays as it was when a span is written again.
CREATE TABLE IF NOT EXISTS agent_spans_in ON CLUSTER 'it\'s'
(
    sign Int8,
    version UInt32,
    is_deleted UInt8,
    kind LowCardinality(String),
    agent LowCardinality(String),
    agent_version LowCardinality(String),
    agent_id String,
    cohort LowCardinality(String),
    tier LowCardinality(String),
    prompt_version LowCardinality(String),
    run_id String,
    conversation String,
    workflow LowCardinality(String),
    input_tokens UInt64,
    output_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    reasoning_tokens UInt64,
    cost Nullable(Float64),
    reported_cost Nullable(Float64),
    parent_agent LowCardinality(String),
    handoff_to LowCardinality(String),
    held Array(Float64),
    own UInt16,
    tenant LowCardinality(String),
    segment UInt64,
    trace_id String,
    span_id String,
    parent_span_id String,
    start_time DateTime64(9),
    duration_ns UInt64,
    name LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    model LowCardinality(String),
    response_model LowCardinality(String),
    provider LowCardinality(String),
    service_tier LowCardinality(String),
    action LowCardinality(String),
    tool LowCardinality(String),
    tool_call_id String,
    arguments_hash UInt64,
    arguments_shape UInt64,
    result_hash UInt64,
    output_hash UInt64,
    is_error UInt8,
    error_type LowCardinality(String),
    finish_reason LowCardinality(String),
    arrived DateTime DEFAULT now()
)
ENGINE = Null

-- agent_spans_rows_local
-- One narrow row for each span, without its payload. Rows are in the order of arrival: new rows can be read without
-- reading the rest, and inserts and merges only append. A span that is written again is a row with the same key and a
-- higher version.
-- `own` says which facts are the span's own (bits, see dialects/own.py); `held` is a usage that does not count.
-- `arrived` finds segments that came late: `segment` is the time at which a collector began it, perhaps days ago.
CREATE TABLE IF NOT EXISTS agent_spans_rows_local ON CLUSTER 'it\'s'
(
    version UInt32,
    is_deleted UInt8,
    tenant LowCardinality(String),
    segment UInt64 CODEC(Delta(8), ZSTD(1)),
    trace_id String,
    span_id String,
    parent_span_id String,
    start_time DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    duration_ns UInt64,
    kind LowCardinality(String),
    name LowCardinality(String),
    agent LowCardinality(String),
    agent_version LowCardinality(String),
    agent_id String,
    parent_agent LowCardinality(String),
    cohort LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    run_id String,
    conversation String,
    workflow LowCardinality(String),
    model LowCardinality(String),
    response_model LowCardinality(String),
    provider LowCardinality(String),
    service_tier LowCardinality(String),
    prompt_version LowCardinality(String),
    tier LowCardinality(String),
    action LowCardinality(String),
    tool LowCardinality(String),
    tool_call_id String,
    arguments_hash UInt64,
    arguments_shape UInt64,
    result_hash UInt64,
    output_hash UInt64,
    input_tokens UInt64,
    output_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    reasoning_tokens UInt64,
    cost Nullable(Float64),
    reported_cost Nullable(Float64),
    is_error UInt8,
    error_type LowCardinality(String),
    finish_reason LowCardinality(String),
    handoff_to LowCardinality(String),
    own UInt16,
    held Array(Float64),
    arrived DateTime CODEC(Delta(4), ZSTD(1)),
    INDEX idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_run_id run_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_start_time start_time TYPE minmax GRANULARITY 1,
    INDEX idx_arrived arrived TYPE minmax GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree(version, is_deleted)
PARTITION BY toMonday(start_time)
ORDER BY (segment, trace_id, span_id, tenant)
TTL toDateTime(start_time) + toIntervalDay(90)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800,
    min_bytes_for_wide_part = 33554432, merge_selector_base = 10,
    fsync_after_insert = 1, fsync_part_directory = 1

-- agent_spans_rows
-- Spreads the rows of a table over the shards of a cluster, and reads them from there.
CREATE TABLE IF NOT EXISTS agent_spans_rows ON CLUSTER 'it\'s' AS agent_spans_rows_local
ENGINE = Distributed('it\'s', currentDatabase(), agent_spans_rows_local, cityHash64(trace_id))

-- agent_spans_rows_mv
CREATE MATERIALIZED VIEW IF NOT EXISTS agent_spans_rows_mv ON CLUSTER 'it\'s' TO agent_spans_rows AS
SELECT * EXCEPT sign
FROM agent_spans_in
WHERE sign = 1 OR is_deleted = 1

-- agent_spans
-- The spans as people and dashboards read them.
CREATE OR REPLACE VIEW agent_spans ON CLUSTER 'it\'s' AS
SELECT * EXCEPT (version, is_deleted, own, held, arrived)
FROM agent_spans_rows
FINAL

-- fleetglassBucket
-- The number of a duration's bucket. Each bucket is 9 % wide: the eighth root of two, from a microsecond up.
CREATE OR REPLACE FUNCTION fleetglassBucket ON CLUSTER 'it\'s' AS duration_ns ->
    toUInt16(ceil(8 * log2(1 + duration_ns / 1000)))

-- fleetglassQuantile
-- The nanoseconds that a share `q` of the spans stay below, from buckets as in agent_minutes.durations; NaN without
-- spans. Spans count as evenly spread within a bucket: the result is at most 9 % and 91 ns off.
CREATE OR REPLACE FUNCTION fleetglassQuantile ON CLUSTER 'it\'s' AS (buckets, q) -> arrayMap(
    (numbers, counts, ends) -> if(empty(ends), nan, arrayMap(
        (number, count, end) -> 1000 * (
            exp2(greatest(number - 1, 0) / 8)
            + (exp2(number / 8) - exp2(greatest(number - 1, 0) / 8)) * (1 - (end - q * ends[-1]) / count)
            - 1),
        numbers, counts, ends)[arrayFirstIndex(end -> end >= q * ends[-1], ends)]),
    [mapKeys(mapSort(mapFilter((number, count) -> count > 0, buckets)))],
    [mapValues(mapSort(mapFilter((number, count) -> count > 0, buckets)))],
    [arrayCumSum(mapValues(mapSort(mapFilter((number, count) -> count > 0, buckets))))])[1]

-- agent_minutes_local
-- Sums by minute and by the columns that people group by. Every measure is a sum, so a plain
-- `sum(...) GROUP BY` is right at any moment. `durations` counts spans by bucket of their duration;
-- fleetglassQuantile reads it.
CREATE TABLE IF NOT EXISTS agent_minutes_local ON CLUSTER 'it\'s'
(
    tenant LowCardinality(String),
    minute DateTime,
    kind LowCardinality(String),
    agent LowCardinality(String),
    agent_version LowCardinality(String),
    cohort LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    workflow LowCardinality(String),
    model LowCardinality(String),
    provider LowCardinality(String),
    prompt_version LowCardinality(String),
    tier LowCardinality(String),
    action LowCardinality(String),
    tool LowCardinality(String),
    spans SimpleAggregateFunction(sum, Int64),
    errors SimpleAggregateFunction(sum, Int64),
    unpriced SimpleAggregateFunction(sum, Int64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    cache_read_tokens SimpleAggregateFunction(sum, Int64),
    cache_write_tokens SimpleAggregateFunction(sum, Int64),
    reasoning_tokens SimpleAggregateFunction(sum, Int64),
    cost SimpleAggregateFunction(sum, Decimal(38, 12)),
    reported_cost SimpleAggregateFunction(sum, Decimal(38, 12)),
    duration_ns SimpleAggregateFunction(sum, Int64),
    durations SimpleAggregateFunction(sumMap, Map(UInt16, Int64))
)
ENGINE = ReplicatedAggregatingMergeTree
PARTITION BY toMonday(minute)
PRIMARY KEY (tenant, kind, minute, agent)
ORDER BY (tenant, kind, minute, agent, model, tool, cohort, prompt_version, agent_version, environment,
    service, workflow, provider, tier, action)
TTL minute + toIntervalDay(400)
SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, merge_selector_base = 10,
    fsync_after_insert = 1, fsync_part_directory = 1

-- agent_minutes
-- Spreads the rows of a table over the shards of a cluster, and reads them from there.
CREATE TABLE IF NOT EXISTS agent_minutes ON CLUSTER 'it\'s' AS agent_minutes_local
ENGINE = Distributed('it\'s', currentDatabase(), agent_minutes_local, cityHash64(agent))

-- agent_minutes_mv
CREATE MATERIALIZED VIEW IF NOT EXISTS agent_minutes_mv ON CLUSTER 'it\'s' TO agent_minutes AS
SELECT
    tenant,
    toStartOfMinute(s.start_time) AS minute,
    kind,
    agent,
    agent_version,
    cohort,
    environment,
    service,
    workflow,
    model,
    provider,
    prompt_version,
    tier,
    action,
    tool,
    sum(toInt64(s.sign)) AS spans,
    sum(s.sign * toInt64(s.is_error)) AS errors,
    sum(s.sign * toInt64(isNull(s.cost))) AS unpriced,
    sum(s.sign * toInt64(s.input_tokens)) AS input_tokens,
    sum(s.sign * toInt64(s.output_tokens)) AS output_tokens,
    sum(s.sign * toInt64(s.cache_read_tokens)) AS cache_read_tokens,
    sum(s.sign * toInt64(s.cache_write_tokens)) AS cache_write_tokens,
    sum(s.sign * toInt64(s.reasoning_tokens)) AS reasoning_tokens,
    sum(toDecimal128(s.sign * ifNull(s.cost, 0), 12)) AS cost,
    sum(toDecimal128(s.sign * ifNull(s.reported_cost, 0), 12)) AS reported_cost,
    sum(s.sign * toInt64(s.duration_ns)) AS duration_ns,
    -- A bucket may occur more than once: merges and sums add it up. (Half the work of `sumMap`.)
    CAST((groupArray(fleetglassBucket(s.duration_ns)), groupArray(toInt64(s.sign))), 'Map(UInt16, Int64)') AS durations
FROM agent_spans_in AS s
GROUP BY
    tenant, minute, kind, agent, agent_version, cohort, environment, service, workflow, model, provider,
    prompt_version, tier, action, tool

-- agent_runs_local
-- Sums of each run by agent, cohort and model, and when the run was first and last seen. One run has
-- several rows: read them with `GROUP BY tenant, run_id`. `ended` is 1 once a span without a parent has
-- ended. `segment` is the last segment that brought a span of the run.
CREATE TABLE IF NOT EXISTS agent_runs_local ON CLUSTER 'it\'s'
(
    tenant LowCardinality(String),
    run_id String,
    day Date,
    agent LowCardinality(String),
    cohort LowCardinality(String),
    model LowCardinality(String),
    first_seen SimpleAggregateFunction(min, DateTime64(9)),
    last_seen SimpleAggregateFunction(max, DateTime64(9)),
    ended SimpleAggregateFunction(max, UInt8),
    root SimpleAggregateFunction(min, Tuple(start_time DateTime64(9), agent String)),
    spans SimpleAggregateFunction(sum, Int64),
    steps SimpleAggregateFunction(sum, Int64),
    errors SimpleAggregateFunction(sum, Int64),
    unpriced SimpleAggregateFunction(sum, Int64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    cost SimpleAggregateFunction(sum, Decimal(38, 12)),
    calls SimpleAggregateFunction(sum, Int64),
    failed_calls SimpleAggregateFunction(sum, Int64),
    cache_read_tokens SimpleAggregateFunction(sum, Int64),
    largest_input SimpleAggregateFunction(max, UInt64),
    segment SimpleAggregateFunction(max, UInt64),
    INDEX idx_last_seen last_seen TYPE minmax GRANULARITY 1,
    INDEX idx_segment segment TYPE minmax GRANULARITY 1
)
ENGINE = ReplicatedAggregatingMergeTree
PARTITION BY toMonday(day)
PRIMARY KEY (tenant, day, run_id)
ORDER BY (tenant, day, run_id, agent, cohort, model)
TTL day + toIntervalDay(90)
SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, merge_selector_base = 10,
    fsync_after_insert = 1, fsync_part_directory = 1

-- agent_runs
-- Spreads the rows of a table over the shards of a cluster, and reads them from there.
CREATE TABLE IF NOT EXISTS agent_runs ON CLUSTER 'it\'s' AS agent_runs_local
ENGINE = Distributed('it\'s', currentDatabase(), agent_runs_local, cityHash64(run_id))

-- agent_runs_mv
CREATE MATERIALIZED VIEW IF NOT EXISTS agent_runs_mv ON CLUSTER 'it\'s' TO agent_runs AS
SELECT
    tenant,
    run_id,
    toDate(s.start_time) AS day,
    agent,
    cohort,
    model,
    min(s.start_time) AS first_seen,
    max(fleetglassTime(toUnixTimestamp64Nano(s.start_time) + s.duration_ns)) AS last_seen,
    max(s.parent_span_id = '') AS ended,
    min((if(s.kind = 'agent', s.start_time, toDateTime64('2262-01-01 00:00:00', 9)), toString(s.agent))) AS root,
    sum(toInt64(s.sign)) AS spans,
    sum(s.sign * toInt64(s.kind IN ('llm', 'tool', 'handoff'))) AS steps,
    sum(s.sign * toInt64(s.is_error)) AS errors,
    sum(s.sign * toInt64(isNull(s.cost))) AS unpriced,
    sum(s.sign * toInt64(s.input_tokens)) AS input_tokens,
    sum(s.sign * toInt64(s.output_tokens)) AS output_tokens,
    sum(toDecimal128(s.sign * ifNull(s.cost, 0), 12)) AS cost,
    sum(s.sign * toInt64(s.kind = 'llm')) AS calls,
    sum(s.sign * toInt64(s.kind = 'llm' AND s.is_error)) AS failed_calls,
    sum(s.sign * toInt64(s.cache_read_tokens)) AS cache_read_tokens,
    max(if(s.kind = 'llm', s.input_tokens, 0)) AS largest_input,
    max(s.segment) AS segment
FROM agent_spans_in AS s
GROUP BY tenant, run_id, day, agent, cohort, model

-- otlp_spans
-- A span and the facts of its resource. It keeps nothing. It stands between two views so that the database takes requests
-- apart first and reads facts afterwards. In a single query, it may copy the whole request to each of its spans before it
-- reads the facts of the resource.
CREATE TABLE IF NOT EXISTS otlp_spans ON CLUSTER 'it\'s'
(
    tenant String,
    segment UInt64,
    r_agent String,
    r_agent_id String,
    r_agent_version String,
    r_cohort String,
    r_tier String,
    r_environment String,
    r_service String,
    r_prompt_version String,
    span Tuple(
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
        status Tuple(message String, code Int64)))
ENGINE = Null

-- otlp_spans_mv
-- The test spans of `fleetglass doctor` are no agent's work: they end here.
CREATE MATERIALIZED VIEW IF NOT EXISTS otlp_spans_mv ON CLUSTER 'it\'s' TO otlp_spans AS
SELECT tenant, segment, r_agent, r_agent_id, r_agent_version, r_cohort, r_tier, r_environment, r_service, r_prompt_version, arrayJoin(scope_spans.spans) AS span
FROM
(
    SELECT tenant, segment, r_agent, r_agent_id, r_agent_version, r_cohort, r_tier, r_environment, r_service, r_prompt_version, arrayJoin(scope_spans) AS scope_spans
    FROM
    (
        SELECT
            tenant,
            segment,
            resource_spans.scope_spans AS scope_spans,
            resource_spans.resource.attributes AS sent,
            arrayMap(key -> transform(key, ['fleetglass.kind', 'langfuse.observation.type', 'openinference.span.kind', 'gen_ai.operation.name', 'traceloop.span.kind', 'llm.request.type', 'ai.operationId', 'operation.name', 'mcp.method.name', 'gen_ai.agent.name', 'agent.name', 'agent_name', 'ai.telemetry.functionId', 'gen_ai.main_agent.name', 'graph.node.id', 'traceloop.entity.name', 'metadata', 'gen_ai.agent.id', 'gen_ai.main_agent.id', 'fleetglass.agent.version', 'gen_ai.agent.version', 'service.version', 'fleetglass.cohort', 'fleetglass.tier', 'fleetglass.action', 'deployment.environment.name', 'deployment.environment', 'langfuse.environment', 'service.name', 'fleetglass.prompt.version', 'gen_ai.prompt.version', 'llm.prompt_template.version', 'traceloop.prompt.version', 'langfuse.observation.prompt.version', 'fleetglass.run.id', 'session.id', 'langfuse.session.id', 'traceloop.association.properties.session_id', 'traceloop.association.properties.thread_id', 'ai.telemetry.metadata.sessionId', 'gen_ai.conversation.id', 'gcp.vertex.agent.session_id', 'messaging.destination', 'sender_agent_type', 'gen_ai.workflow.name', 'traceloop.workflow.name', 'langfuse.trace.name', 'workflow.name', 'gen_ai.tool.name', 'tool.name', 'ai.toolCall.name', 'gen_ai.tool.call.id', 'tool_call.id', 'tool.id', 'ai.toolCall.id', 'gen_ai.tool.call.arguments', 'tool_arguments', 'ai.toolCall.args', 'gcp.vertex.agent.tool_call_args', 'tool.parameters', 'gen_ai.tool.call.result', 'tool_response', 'ai.toolCall.result', 'gcp.vertex.agent.tool_response', 'gen_ai.tool.status', 'fleetglass.handoff.to', 'gen_ai.transfer.target.name', 'gen_ai.agent.handoff.target.name', 'gen_ai.transfer.mode', 'gen_ai.caller.name', 'graph.node.parent_id', 'input.value', 'traceloop.entity.input', 'langfuse.observation.input', 'gen_ai.output.messages', 'ai.response.text', 'final_result', 'gen_ai.completion.0.content', 'llm.output_messages.0.message.content', 'ai.response.toolCalls', 'output.value', 'traceloop.entity.output', 'langfuse.observation.output', 'gen_ai.request.model', 'llm.model_name', 'llm.request.model_name', 'langfuse.observation.model.name', 'embedding.model_name', 'reranker.model_name', 'ai.model.id', 'model_name', 'gen_ai.response.model', 'llm.response.model_name', 'ai.response.model', 'gen_ai.provider.name', 'llm.provider', 'gen_ai.system', 'llm.system', 'ai.model.provider', 'gen_ai.openai.response.service_tier', 'openai.response.service_tier', 'gen_ai.openai.request.service_tier', 'openai.request.service_tier', 'gen_ai.request.service_tier', 'error.type', 'exception.type', 'langfuse.observation.level', 'langfuse.observation.usage_details', 'langfuse.observation.cost_details', 'gen_ai.response.finish_reasons', 'gen_ai.response.finish_reason', 'llm.finish_reason', 'ai.response.finishReason', 'ai.finishReason', 'stop_reason', 'llm.response.finish_reason', 'llm.response.stop_reason', 'gen_ai.completion.0.finish_reason', 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.token_count.prompt', 'llm.usage.prompt_tokens', 'ai.usage.inputTokens', 'ai.usage.promptTokens', 'gen_ai.aggregated_usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens', 'llm.token_count.completion', 'llm.usage.completion_tokens', 'ai.usage.outputTokens', 'ai.usage.completionTokens', 'gen_ai.aggregated_usage.output_tokens', 'gen_ai.usage.total_tokens', 'llm.usage.total_tokens', 'llm.token_count.total', 'ai.usage.totalTokens', 'ai.usage.tokens', 'gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens', 'llm.token_count.prompt_details.cache_read', 'ai.usage.cachedInputTokens', 'ai.usage.inputTokenDetails.cacheReadTokens', 'gen_ai.usage.details.cache_read_tokens', 'gen_ai.aggregated_usage.cache_read.input_tokens', 'gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens', 'gen_ai.usage.cache_creation_input_tokens', 'gen_ai.usage.cache_write_input_tokens', 'llm.token_count.prompt_details.cache_write', 'gen_ai.usage.details.cache_write_tokens', 'ai.usage.inputTokenDetails.cacheWriteTokens', 'gen_ai.aggregated_usage.cache_creation.input_tokens', 'gen_ai.usage.reasoning.output_tokens', 'gen_ai.usage.reasoning_tokens', 'llm.token_count.completion_details.reasoning', 'ai.usage.reasoningTokens', 'ai.usage.outputTokenDetails.reasoningTokens', 'gen_ai.usage.details.reasoning_tokens', 'gen_ai.usage.cost.amount', 'gen_ai.usage.cost', 'gen_ai.usage.total_cost', 'llm.cost.total', 'operation.cost'], [1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 9, 9, 9, 9, 10, 11, 12, 13, 13, 14, 14, 14, 15, 16, 17, 18, 18, 18, 19, 20, 20, 20, 20, 20, 21, 22, 22, 22, 22, 22, 23, 23, 24, 25, 26, 26, 26, 27, 28, 28, 28, 29, 29, 29, 29, 30, 30, 30, 30, 31, 32, 32, 32, 32, 33, 34, 34, 34, 35, 36, 36, 37, 37, 37, 38, 38, 38, 38, 38, 38, 38, 38, 38, 39, 39, 39, 39, 39, 39, 39, 39, 40, 40, 40, 41, 41, 41, 41, 42, 43, 43, 43, 43, 43, 44, 44, 45, 46, 47, 48, 48, 48, 48, 48, 48, 48, 48, 48, 49, 49, 49, 49, 49, 49, 49, 50, 50, 50, 50, 50, 50, 50, 51, 51, 51, 51, 51, 52, 52, 52, 52, 52, 52, 52, 53, 53, 53, 53, 53, 53, 53, 53, 54, 54, 54, 54, 54, 54, 55, 55, 55, 55, 55], 0), sent.key) AS sent_facts,
    ifNull(sent.value.string_value[indexOf(sent_facts, 9)], '') AS r_agent,
    ifNull(sent.value.string_value[indexOf(sent_facts, 13)], '') AS r_agent_id,
    ifNull(sent.value.string_value[indexOf(sent_facts, 14)], '') AS r_agent_version,
    ifNull(sent.value.string_value[indexOf(sent_facts, 15)], '') AS r_cohort,
    ifNull(sent.value.string_value[indexOf(sent_facts, 16)], '') AS r_tier,
    ifNull(sent.value.string_value[indexOf(sent_facts, 18)], '') AS r_environment,
    ifNull(sent.value.string_value[indexOf(sent_facts, 19)], '') AS r_service,
    ifNull(sent.value.string_value[indexOf(sent_facts, 20)], '') AS r_prompt_version
        FROM (SELECT tenant, segment, arrayJoin(resource_spans) AS resource_spans FROM otlp_in)
    )
    WHERE r_service != 'fleetglass-doctor'
)

-- span_facts
-- The facts that a span's attributes spell (numbers as in dialects/facts.py), as texts and as numbers. It keeps nothing. It
-- stands between two views because in a single query the database computes a list again for each use of it.
CREATE TABLE IF NOT EXISTS span_facts ON CLUSTER 'it\'s'
(
    tenant String,
    segment UInt64,
    r_agent String,
    r_agent_id String,
    r_agent_version String,
    r_cohort String,
    r_tier String,
    r_environment String,
    r_service String,
    r_prompt_version String,
    trace_id String,
    span_id String,
    parent_span_id String,
    start_ns UInt64,
    end_ns UInt64,
    name String,
    failed Bool,
    has_exception Bool,
    event_texts Array(String),
    facts Array(UInt8),
    texts Array(String),
    numbers Array(Float64)
)
ENGINE = Null

-- span_facts_mv
-- A span's keys are looked up once, all together, and become the numbers of the facts that they spell. (Reading facts out
-- of the finished map would scan the map for each fact, and costs three times as much.)
CREATE MATERIALIZED VIEW IF NOT EXISTS span_facts_mv ON CLUSTER 'it\'s' TO span_facts AS
SELECT
    tenant,
    segment,
    r_agent, r_agent_id, r_agent_version, r_cohort, r_tier, r_environment, r_service, r_prompt_version,
    lower(hex(span.trace_id)) AS trace_id,
    lower(hex(span.span_id)) AS span_id,
    -- A span that names itself as its parent has no parent.
    if(span.parent_span_id = span.span_id, '', fleetglassId(span.parent_span_id)) AS parent_span_id,
    span.start_time_unix_nano AS start_ns,
    span.end_time_unix_nano AS end_ns,
    span.name AS name,
    span.status.code = 2 AS failed,
    has(span.events.name, 'exception') AS has_exception,
    if(empty(span.events.name), ['', '', '', ''], [
        fleetglassEventText(span.events, 'exception', 'exception.type'),
        fleetglassEventText(span.events, 'gen_ai.tool.message', 'content'),
        fleetglassEventText(span.events, 'gen_ai.choice', 'message'),
        fleetglassEventText(span.events, 'gen_ai.choice', 'finish_reason')]) AS event_texts,
    facts,
    arrayMap(
        (text, fact, value) -> multiIf(
            fact = 0, '',
            isNotNull(text), assumeNotNull(text),
            fact <= 48, fleetglassValueText(value),
            ''),
        values.string_value, facts, values) AS texts,
    arrayMap(
        number -> if(number >= 0 AND number <= 1e9, number, 0),
        arrayMap(
            (text, whole, real, fact) -> multiIf(
                fact <= 48, 0.,
                isNotNull(whole), toFloat64(assumeNotNull(whole)),
                isNotNull(real), assumeNotNull(real),
                ifNull(toFloat64OrNull(ifNull(text, '')), 0.)),
            values.string_value, values.int_value, values.double_value, facts)) AS numbers
FROM
(
    -- If a span has two spellings of a fact, the more trusted one counts.
    SELECT
        *,
        if(
            arraySum(bits) = arrayReduce('groupBitOr', bits),
            all_facts,
            arrayMap(
                (fact, rank) -> if(
                    arrayExists((other, better) -> other = fact AND better < rank, all_facts, ranks), 0, fact),
                all_facts, ranks)) AS facts
    FROM
    (
        SELECT
            *,
            arrayMap(fact -> bitShiftLeft(toUInt64(fact != 0), fact), all_facts) AS bits
        FROM
        (
            SELECT
                *,
                arrayMap(rank -> toUInt8(bitShiftRight(rank, 4)), ranks) AS all_facts
            FROM
            (
                SELECT
                    *,
                    span.attributes.value AS values,
                    arrayMap(
                        (key, text) -> if(text = '', 0, transform(key, ['fleetglass.kind', 'langfuse.observation.type', 'openinference.span.kind', 'gen_ai.operation.name', 'traceloop.span.kind', 'llm.request.type', 'ai.operationId', 'operation.name', 'mcp.method.name', 'gen_ai.agent.name', 'agent.name', 'agent_name', 'ai.telemetry.functionId', 'gen_ai.main_agent.name', 'graph.node.id', 'traceloop.entity.name', 'metadata', 'gen_ai.agent.id', 'gen_ai.main_agent.id', 'fleetglass.agent.version', 'gen_ai.agent.version', 'service.version', 'fleetglass.cohort', 'fleetglass.tier', 'fleetglass.action', 'deployment.environment.name', 'deployment.environment', 'langfuse.environment', 'service.name', 'fleetglass.prompt.version', 'gen_ai.prompt.version', 'llm.prompt_template.version', 'traceloop.prompt.version', 'langfuse.observation.prompt.version', 'fleetglass.run.id', 'session.id', 'langfuse.session.id', 'traceloop.association.properties.session_id', 'traceloop.association.properties.thread_id', 'ai.telemetry.metadata.sessionId', 'gen_ai.conversation.id', 'gcp.vertex.agent.session_id', 'messaging.destination', 'sender_agent_type', 'gen_ai.workflow.name', 'traceloop.workflow.name', 'langfuse.trace.name', 'workflow.name', 'gen_ai.tool.name', 'tool.name', 'ai.toolCall.name', 'gen_ai.tool.call.id', 'tool_call.id', 'tool.id', 'ai.toolCall.id', 'gen_ai.tool.call.arguments', 'tool_arguments', 'ai.toolCall.args', 'gcp.vertex.agent.tool_call_args', 'tool.parameters', 'gen_ai.tool.call.result', 'tool_response', 'ai.toolCall.result', 'gcp.vertex.agent.tool_response', 'gen_ai.tool.status', 'fleetglass.handoff.to', 'gen_ai.transfer.target.name', 'gen_ai.agent.handoff.target.name', 'gen_ai.transfer.mode', 'gen_ai.caller.name', 'graph.node.parent_id', 'input.value', 'traceloop.entity.input', 'langfuse.observation.input', 'gen_ai.output.messages', 'ai.response.text', 'final_result', 'gen_ai.completion.0.content', 'llm.output_messages.0.message.content', 'ai.response.toolCalls', 'output.value', 'traceloop.entity.output', 'langfuse.observation.output', 'gen_ai.request.model', 'llm.model_name', 'llm.request.model_name', 'langfuse.observation.model.name', 'embedding.model_name', 'reranker.model_name', 'ai.model.id', 'model_name', 'gen_ai.response.model', 'llm.response.model_name', 'ai.response.model', 'gen_ai.provider.name', 'llm.provider', 'gen_ai.system', 'llm.system', 'ai.model.provider', 'gen_ai.openai.response.service_tier', 'openai.response.service_tier', 'gen_ai.openai.request.service_tier', 'openai.request.service_tier', 'gen_ai.request.service_tier', 'error.type', 'exception.type', 'langfuse.observation.level', 'langfuse.observation.usage_details', 'langfuse.observation.cost_details', 'gen_ai.response.finish_reasons', 'gen_ai.response.finish_reason', 'llm.finish_reason', 'ai.response.finishReason', 'ai.finishReason', 'stop_reason', 'llm.response.finish_reason', 'llm.response.stop_reason', 'gen_ai.completion.0.finish_reason', 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.token_count.prompt', 'llm.usage.prompt_tokens', 'ai.usage.inputTokens', 'ai.usage.promptTokens', 'gen_ai.aggregated_usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens', 'llm.token_count.completion', 'llm.usage.completion_tokens', 'ai.usage.outputTokens', 'ai.usage.completionTokens', 'gen_ai.aggregated_usage.output_tokens', 'gen_ai.usage.total_tokens', 'llm.usage.total_tokens', 'llm.token_count.total', 'ai.usage.totalTokens', 'ai.usage.tokens', 'gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens', 'llm.token_count.prompt_details.cache_read', 'ai.usage.cachedInputTokens', 'ai.usage.inputTokenDetails.cacheReadTokens', 'gen_ai.usage.details.cache_read_tokens', 'gen_ai.aggregated_usage.cache_read.input_tokens', 'gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens', 'gen_ai.usage.cache_creation_input_tokens', 'gen_ai.usage.cache_write_input_tokens', 'llm.token_count.prompt_details.cache_write', 'gen_ai.usage.details.cache_write_tokens', 'ai.usage.inputTokenDetails.cacheWriteTokens', 'gen_ai.aggregated_usage.cache_creation.input_tokens', 'gen_ai.usage.reasoning.output_tokens', 'gen_ai.usage.reasoning_tokens', 'llm.token_count.completion_details.reasoning', 'ai.usage.reasoningTokens', 'ai.usage.outputTokenDetails.reasoningTokens', 'gen_ai.usage.details.reasoning_tokens', 'gen_ai.usage.cost.amount', 'gen_ai.usage.cost', 'gen_ai.usage.total_cost', 'llm.cost.total', 'operation.cost'], [16, 32, 48, 64, 80, 96, 112, 113, 128, 144, 145, 146, 147, 148, 160, 176, 192, 208, 209, 224, 225, 226, 240, 256, 272, 288, 289, 290, 304, 320, 321, 322, 323, 324, 336, 352, 353, 354, 355, 356, 368, 369, 384, 400, 416, 417, 418, 432, 448, 449, 450, 464, 465, 466, 467, 480, 481, 482, 483, 496, 512, 513, 514, 515, 528, 544, 545, 546, 560, 576, 577, 592, 593, 594, 608, 609, 610, 611, 612, 613, 614, 615, 616, 624, 625, 626, 627, 628, 629, 630, 631, 640, 641, 642, 656, 657, 658, 659, 672, 688, 689, 690, 691, 692, 704, 705, 720, 736, 752, 768, 769, 770, 771, 772, 773, 774, 775, 776, 784, 785, 786, 787, 788, 789, 790, 800, 801, 802, 803, 804, 805, 806, 816, 817, 818, 819, 820, 832, 833, 834, 835, 836, 837, 838, 848, 849, 850, 851, 852, 853, 854, 855, 864, 865, 866, 867, 868, 869, 880, 881, 882, 883, 884], 0)),
                        span.attributes.key, span.attributes.value.string_value) AS ranks
                FROM otlp_spans
            )
        )
    )
)

-- agent_spans_from_facts
-- Turns a span's facts into a row of agent_spans_in, whatever the dialect. From the inside out: which kind of work it is,
-- who did it, what came of it. The database analyses this query for every insert. It repeats the analysis for every use
-- of a name inside the query that defines the name. So each query only names what the one inside it computes, and there
-- are few of them.
-- Last, a span takes what it leaves out from the agent right above it, if both come in the same insert. Settling would do
-- the same, but would have to write the row again.
CREATE MATERIALIZED VIEW IF NOT EXISTS agent_spans_from_facts ON CLUSTER 'it\'s' TO agent_spans_in AS
SELECT * EXCEPT agents REPLACE (
    if(bitTest(own, 0), agent, firstNonDefault(agents.agent[indexOf(agents.span_id, parent_span_id)], agent)) AS agent,
    if((NOT bitTest(own, 0) OR agent = agents.agent[indexOf(agents.span_id, parent_span_id)]), firstNonDefault(agent_version, agents.agent_version[indexOf(agents.span_id, parent_span_id)]), agent_version) AS agent_version,
    if((NOT bitTest(own, 0) OR agent = agents.agent[indexOf(agents.span_id, parent_span_id)]), firstNonDefault(agent_id, agents.agent_id[indexOf(agents.span_id, parent_span_id)]), agent_id) AS agent_id,
    if((NOT bitTest(own, 0) OR agent = agents.agent[indexOf(agents.span_id, parent_span_id)]), firstNonDefault(cohort, agents.cohort[indexOf(agents.span_id, parent_span_id)]), cohort) AS cohort,
    if((NOT bitTest(own, 0) OR agent = agents.agent[indexOf(agents.span_id, parent_span_id)]), firstNonDefault(tier, agents.tier[indexOf(agents.span_id, parent_span_id)]), tier) AS tier,
    if((NOT bitTest(own, 0) OR agent = agents.agent[indexOf(agents.span_id, parent_span_id)]), firstNonDefault(prompt_version, agents.prompt_version[indexOf(agents.span_id, parent_span_id)]), prompt_version) AS prompt_version,
    if(bitTest(own, 1), run_id, firstNonDefault(agents.run_id[indexOf(agents.span_id, parent_span_id)], run_id)) AS run_id,
    if(bitTest(own, 2), conversation, firstNonDefault(agents.conversation[indexOf(agents.span_id, parent_span_id)], conversation)) AS conversation,
    firstNonDefault(workflow, agents.workflow[indexOf(agents.span_id, parent_span_id)]) AS workflow,
    if(kind = 'agent', firstNonDefault(parent_agent, agents.agent[indexOf(agents.span_id, parent_span_id)]), '') AS parent_agent,
    if(agents.agent[indexOf(agents.span_id, parent_span_id)] = '', own, toUInt16(
        32768 + own + 8 * (agent_version != '') + 16 * (agent_id != '') + 32 * (cohort != '') + 64 * (tier != '') + 128 * (prompt_version != '') + 256 * (workflow != '') + 512 * (handoff_to != '') + 1024 * (parent_agent != '')
        + 2048 * (conversation != '' AND (bitTest(own, 2) OR agents.conversation[indexOf(agents.span_id, parent_span_id)] = '')))) AS own)
FROM
(
    SELECT
        *,
        groupArrayIf(16)(
            (span_id, agent, agent_version, agent_id, cohort, tier, prompt_version, if(bitTest(own, 1), run_id, ''), conversation, workflow)::Tuple(span_id String, agent String, agent_version String, agent_id String, cohort String, tier String, prompt_version String, run_id String, conversation String, workflow String),
            kind = 'agent' AND bitTest(own, 0)) OVER (PARTITION BY tenant, trace_id) AS agents
    FROM
    (
        SELECT
            toInt8(1) AS sign,
            toUInt32(0) AS version,
            toUInt8(0) AS is_deleted,
            tenant,
            segment,
            trace_id,
            span_id,
            parent_span_id,
            fleetglassTime(start_ns) AS start_time,
            -- A hundred days at most, so that the sum of absurd durations does not overflow.
            least(toUInt64(greatest(end_ns, start_ns) - start_ns), 8640000000000000) AS duration_ns,
            kind,
            name,
            firstNonDefault(own_agent, r_service, 'unknown') AS agent,
            firstNonDefault(f_agent_version, r_agent_version) AS agent_version,
            firstNonDefault(f_agent_id, r_agent_id) AS agent_id,
            if(kind = 'agent', f_caller, '') AS parent_agent,
            firstNonDefault(f_cohort, r_cohort) AS cohort,
            firstNonDefault(f_environment, r_environment) AS environment,
            r_service AS service,
            firstNonDefault(own_run, trace_id) AS run_id,
            firstNonDefault(own_session, f_conversation, messages_of) AS conversation,
            firstNonDefault(f_workflow, f_workflow_run, if(kind = 'workflow', name, '')) AS workflow,
            if(is_call OR is_held, firstNonDefault(f_model, f_response_model), '') AS model,
            if(is_call OR is_held, f_response_model, '') AS response_model,
            if(is_call, provider_named, '') AS provider,
            if(is_call, f_service_tier, '') AS service_tier,
            firstNonDefault(f_prompt_version, r_prompt_version) AS prompt_version,
            firstNonDefault(f_tier, r_tier) AS tier,
            f_action AS action,
            tool,
            if(startsWith(f_call_id, '<'), '', f_call_id) AS tool_call_id,
            fleetglassHash(tool, arguments) AS arguments_hash,
            fleetglassShape(tool, arguments) AS arguments_shape,
            fleetglassHash('', result) AS result_hash,
            sipHash64Keyed(dictGet('fleetglass_secret.key', ('k0', 'k1'), toUInt64(1)), output) * notEmpty(output) AS output_hash,
            toUInt64(used_input * is_call) AS input_tokens,
            toUInt64(used_output * is_call) AS output_tokens,
            toUInt64(read * is_call) AS cache_read_tokens,
            toUInt64(written * is_call) AS cache_write_tokens,
            toUInt64(reasoning * is_call) AS reasoning_tokens,
            ifNull(
                fleetglassCostByKey(
                    price_key, usual_price, toUnixTimestamp(start_time), input_tokens, output_tokens, cache_read_tokens,
                    cache_write_tokens, reasoning_tokens, 0, 0, 0) * is_used,
                if(is_call AND is_used, NULL, 0.)) AS cost,
            if(is_call AND paid > 0, paid, NULL) AS reported_cost,
            is_failed AS is_error,
            if(is_failed, firstNonDefault(f_error_type, event_texts[1], '_OTHER'), '') AS error_type,
            if(is_call, firstNonDefault(finish, event_texts[4]), '') AS finish_reason,
            multiIf(
                kind NOT IN ('handoff', 'tool'), '',
                f_target != '' OR kind = 'tool', f_target,
                startsWith(name, 'handoff to '), substring(name, 12),
                match(tool, '_to_agent$|^handoff$|^transfer$'), fleetglassTarget(arguments),
                replaceRegexpOne(tool, '^.*_to_', '')) AS handoff_to,
            toUInt16(
                1 * (own_agent != '') + 2 * (own_run != '') + 4 * (own_session != '')) AS own,
            if(is_held, [used_input, used_output, read, written, reasoning, paid], []) AS held
        FROM
        (
            SELECT
                *,
                kind IN ('llm', 'embedding', 'retrieval') AS is_call,
                fleetglassUsualPrice(price_key) AS usual_price,
                used_input + used_output + paid > 0 AS is_used,
                used_input + used_output + paid > 0 AND kind IN ('agent', 'workflow') AS is_held,
                firstNonDefault(
                    f_agent, chain_agent, r_agent,
                    multiIf(
                        kind != 'agent', '',
                        f_node != '', f_node,
                        word != 'agent', multiIf(
                            startsWith(name, 'invoke_agent '), substring(name, 14),
                            startsWith(name, 'agent_run ['), bracketed,
                            ''),
                        f_traceloop_kind = 'agent', f_entity,
                        stem)) AS own_agent,
                multiIf(
                    kind NOT IN ('tool', 'handoff', 'retrieval'), '',
                    called != '', called,
                    f_traceloop_kind = 'tool', f_entity,
                    named_kind = 'tool' AND NOT startsWith(name, 'handoff to '), name,
                    '') AS tool,
                fleetglassRecorded(fleetglassUnwrapped(wrapped_arguments)) AS arguments,
                fleetglassRecorded(fleetglassUnwrapped(wrapped_result)) AS result,
                fleetglassWithoutIds(fleetglassRecorded(last_output)) AS output
            FROM
            (
                SELECT
                    *,
                    if(
                        kind IN ('tool', 'handoff', 'retrieval'),
                        firstNonDefault(if(is_schema, '', f_arguments), f_input, event_texts[2]),
                        '') AS wrapped_arguments,
                    if(
                        kind IN ('tool', 'handoff', 'retrieval'),
                        firstNonDefault(f_result, f_output, event_texts[3]),
                        '') AS wrapped_result,
                    if(kind IN ('llm', 'agent', 'workflow'), firstNonDefault(f_output, event_texts[3]), '') AS last_output,
                    fleetglassPriceKey(
                        provider_named,
                        fleetglassPricedModel(
                            provider_named,
                            if(kind IN ('llm', 'embedding', 'retrieval'), firstNonDefault(f_model, f_response_model), ''),
                            if(kind IN ('llm', 'embedding', 'retrieval'), f_response_model, '')),
                        f_service_tier) AS price_key
                FROM
                (
                    SELECT
                        *,
                        multiIf(
                            -- It repeats the answers of tools that ran side by side.
                            f_tool = '(merged tools)', 'other',
                            named_kind = 'agent', if(
                                word = 'agent' AND parent_span_id = '' AND f_agent = '' AND f_node = ''
                                    AND stem = name
                                    AND firstNonDefault(f_own_kind, f_langfuse_type, f_traceloop_kind) = '',
                                'workflow',
                                'agent'),
                            named_kind = 'tool' OR named_kind = '' AND (called != '' OR f_call_id != ''), if(
                                f_transfer_mode = 'pass_control' OR startsWith(name, 'handoff to ')
                                    OR match(called, '^(transfer|handoff|hand_off)(_to_|$)'),
                                'handoff',
                                'tool'),
                            named_kind != '', named_kind,
                            word = 'chain', multiIf(
                                chain_agent != '' AND name = chain_agent, 'agent', parent_span_id = '', 'workflow', 'other'),
                            f_workflow_run != '', 'workflow',
                            f_model != '' AND input + output_all > 0, 'llm',
                            'other')::LowCardinality(String) AS kind,
                        multiIf(
                            input = 0 AND output_all = 0, greatest(total, read + written),
                            -- Cached tokens are a part of the input or come on top of it. They come on top if the total is the
                            -- sum of all, if they are more than the input, and in Langfuse's details.
                            has_details OR read + written > input OR read + written > 0 AND total = input + output_all + read + written,
                            input + read + written,
                            input) AS used_input,
                        -- Reasoning on top of the output, in the same way.
                        if(has_details OR reasoning > output_all, output_all + reasoning, output_all) AS used_output
                    FROM
                    (
                        SELECT
                            *,
                            transform(word, ['agent', 'invoke_agent', 'ai.generatetext', 'ai.streamtext', 'ai.generateobject', 'ai.streamobject', 'llm', 'chat', 'generate_content', 'text_completion', 'completion', 'generation', 'ai.generatetext.dogenerate', 'ai.streamtext.dostream', 'ai.generateobject.dogenerate', 'ai.streamobject.dostream', 'tool', 'execute_tool', 'ai.toolcall', 'tools/call', 'retriever', 'retrieval', 'reranker', 'rerank', 'embedding', 'embeddings', 'ai.embed.doembed', 'ai.embedmany.doembed', 'workflow', 'invoke_workflow', 'invoke_graph', 'invoke_swarm', 'handoff', 'guardrail'], ['agent', 'agent', 'agent', 'agent', 'agent', 'agent', 'llm', 'llm', 'llm', 'llm', 'llm', 'llm', 'llm', 'llm', 'llm', 'llm', 'tool', 'tool', 'tool', 'tool', 'retrieval', 'retrieval', 'retrieval', 'retrieval', 'embedding', 'embedding', 'embedding', 'embedding', 'workflow', 'workflow', 'workflow', 'workflow', 'handoff', 'guardrail'], '') AS named_kind,
                            firstNonDefault(
                                f_tool,
                                multiIf(
                                    startsWith(name, 'execute_tool ') OR startsWith(name, 'tools/call '),
                                    replaceRegexpOne(name, '^[^ ]* ', ''),
                                    startsWith(name, 'tool_call ['), bracketed,
                                    '')) AS called,
                            -- A trace of messages that stands alone is a part of the run that the messages belong to.
                            firstNonDefault(f_run, if(parent_span_id = '', messages_of, '')) AS own_run,
                            if(word = 'agent', replaceRegexpOne(name, '(\\.run|\\._execute_core|\\.invoke)$', ''), name) AS stem,
                            firstNonDefault(f_input_tokens, details['input'], details['input_tokens'], details['prompt_tokens']) AS input,
                            firstNonDefault(f_output_tokens, details['output'], details['output_tokens'], details['completion_tokens']) AS output_all,
                            firstNonDefault(f_total_tokens, details['total'], details['total_tokens']) AS total,
                            firstNonDefault( f_cache_read_tokens, details['cache_read_input_tokens'], details['input_cached_tokens'], details['input_cache_read']) AS read,
                            firstNonDefault( f_cache_write_tokens, details['cache_creation_input_tokens'], details['input_cache_creation']) AS written,
                            firstNonDefault( f_reasoning_tokens, details['output_reasoning_tokens'], details['output_reasoning']) AS reasoning,
                            firstNonDefault(f_reported_cost, if(total_cost >= 0 AND total_cost <= 1e9, total_cost, 0)) AS paid
                        FROM
                        (
                            SELECT
                                *,
                                -- `greatest`, because OR would evaluate its sides one by one, row by row.
                                greatest(
                                    failed, has_exception, f_error_type != '', f_tool_status = 'error', f_level = 'ERROR') AS is_failed,
                                lower(firstNonDefault(
                                    f_own_kind,
                                    if(f_langfuse_type IN ('span', 'event'), '', f_langfuse_type),
                                    f_openinference_kind,
                                    f_operation,
                                    f_traceloop_kind,
                                    f_request_type,
                                    splitByChar(' ', f_vercel_operation)[1],
                                    f_mcp_method,
                                    -- Some instrumentations write an agent into nothing but the span's name.
                                    multiIf(
                                        startsWith(name, 'invoke_agent ') OR startsWith(name, 'agent_run ['), 'invoke_agent',
                                        name = 'call_llm' AND f_model != '', 'llm',
                                        ''))) AS word,
                                extract(name, '^[a-z_]+ \\[(.+)\\]$') AS bracketed,
                                -- The address of a message ends in the conversation, an agent's type in the id of its team.
                                replaceRegexpOne(
                                    firstNonDefault(
                                        extract(f_destination, '\\.\\(([^()]+)\\)-[AT]$'),
                                        extract(f_sender, '_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')),
                                    '^default$', '') AS messages_of,
                                JSONExtractString(f_metadata, 'lc_agent_name') AS chain_agent,
                                firstNonDefault(f_session, JSONExtractString(f_metadata, 'thread_id')) AS own_session,
                                mapApply(
                                    (name, count) -> (name, if(count >= 0 AND count <= 1e9, count, 0)),
                                    JSONExtract(f_usage_details, 'Map(String, Float64)')) AS details,
                                JSONExtractFloat(f_cost_details, 'total') AS total_cost,
                                f_usage_details != '' AS has_details,
                                -- Some instrumentations put the tool's schema where the arguments should be.
                                f_arguments = f_schema OR fleetglassIsSchema(f_arguments) AS is_schema,
                                firstNonDefault(
                                    if(f_provider IN ('strands-agents', 'microsoft.agent_framework', 'autogen', 'langchain', 'langgraph'), '', f_provider),
                                    splitByChar('.', f_vercel_provider)[1]) AS provider_named,
                                -- One reason, or a list of reasons as JSON.
                                if(startsWith(f_finish, '['), replaceRegexpOne(f_finish, '^\\[ *"?([^",\\]]*).*$', '\\1'), f_finish) AS finish
                            FROM
                            (
                                SELECT
                                    tenant,
                                    segment,
                                    r_agent, r_agent_id, r_agent_version, r_cohort, r_tier, r_environment, r_service, r_prompt_version,
                                    trace_id,
                                    span_id,
                                    parent_span_id,
                                    start_ns,
                                    end_ns,
                                    name,
                                    failed,
                                    has_exception,
                                    event_texts,
                                    texts[indexOf(facts, 1)] AS f_own_kind,
                                    texts[indexOf(facts, 2)] AS f_langfuse_type,
                                    texts[indexOf(facts, 3)] AS f_openinference_kind,
                                    texts[indexOf(facts, 4)] AS f_operation,
                                    texts[indexOf(facts, 5)] AS f_traceloop_kind,
                                    texts[indexOf(facts, 6)] AS f_request_type,
                                    texts[indexOf(facts, 7)] AS f_vercel_operation,
                                    texts[indexOf(facts, 8)] AS f_mcp_method,
                                    texts[indexOf(facts, 9)] AS f_agent,
                                    texts[indexOf(facts, 10)] AS f_node,
                                    texts[indexOf(facts, 11)] AS f_entity,
                                    texts[indexOf(facts, 12)] AS f_metadata,
                                    texts[indexOf(facts, 13)] AS f_agent_id,
                                    texts[indexOf(facts, 14)] AS f_agent_version,
                                    texts[indexOf(facts, 15)] AS f_cohort,
                                    texts[indexOf(facts, 16)] AS f_tier,
                                    texts[indexOf(facts, 17)] AS f_action,
                                    texts[indexOf(facts, 18)] AS f_environment,
                                    texts[indexOf(facts, 19)] AS f_service,
                                    texts[indexOf(facts, 20)] AS f_prompt_version,
                                    texts[indexOf(facts, 21)] AS f_run,
                                    texts[indexOf(facts, 22)] AS f_session,
                                    texts[indexOf(facts, 23)] AS f_conversation,
                                    texts[indexOf(facts, 24)] AS f_destination,
                                    texts[indexOf(facts, 25)] AS f_sender,
                                    texts[indexOf(facts, 26)] AS f_workflow,
                                    texts[indexOf(facts, 27)] AS f_workflow_run,
                                    texts[indexOf(facts, 28)] AS f_tool,
                                    texts[indexOf(facts, 29)] AS f_call_id,
                                    texts[indexOf(facts, 30)] AS f_arguments,
                                    texts[indexOf(facts, 31)] AS f_schema,
                                    texts[indexOf(facts, 32)] AS f_result,
                                    texts[indexOf(facts, 33)] AS f_tool_status,
                                    texts[indexOf(facts, 34)] AS f_target,
                                    texts[indexOf(facts, 35)] AS f_transfer_mode,
                                    texts[indexOf(facts, 36)] AS f_caller,
                                    texts[indexOf(facts, 37)] AS f_input,
                                    texts[indexOf(facts, 38)] AS f_output,
                                    texts[indexOf(facts, 39)] AS f_model,
                                    texts[indexOf(facts, 40)] AS f_response_model,
                                    texts[indexOf(facts, 41)] AS f_provider,
                                    texts[indexOf(facts, 42)] AS f_vercel_provider,
                                    texts[indexOf(facts, 43)] AS f_service_tier,
                                    texts[indexOf(facts, 44)] AS f_error_type,
                                    texts[indexOf(facts, 45)] AS f_level,
                                    texts[indexOf(facts, 46)] AS f_usage_details,
                                    texts[indexOf(facts, 47)] AS f_cost_details,
                                    texts[indexOf(facts, 48)] AS f_finish,
                                    numbers[indexOf(facts, 49)] AS f_input_tokens,
                                    numbers[indexOf(facts, 50)] AS f_output_tokens,
                                    numbers[indexOf(facts, 51)] AS f_total_tokens,
                                    numbers[indexOf(facts, 52)] AS f_cache_read_tokens,
                                    numbers[indexOf(facts, 53)] AS f_cache_write_tokens,
                                    numbers[indexOf(facts, 54)] AS f_reasoning_tokens,
                                    numbers[indexOf(facts, 55)] AS f_reported_cost
                                FROM span_facts
                                -- A span that occurs twice in a request counts once.
                                LIMIT 1 BY tenant, trace_id, span_id
                            )
                        )
                    )
                )
            )
        )
    )
)

-- settled
-- How far `fleetglass settle` has come: in segments up to this one, each span has its agent, run and cost. `holder` is
-- the process that settles: two at once would take the same rows back twice. Each row is inserted once: see
-- settle/lease.py. In a cluster every node has the whole table. `looked` is when it last looked for late segments.
CREATE TABLE IF NOT EXISTS settled ON CLUSTER 'it\'s'
(
    segment UInt64,
    holder String,
    at DateTime64(3) DEFAULT now64(3),
    looked DateTime
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', at)
ORDER BY tuple()
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800

-- directives
-- The directives that people and detectors give to agents: what, by whom and why. For each scope the latest
-- directive counts; an empty field of a scope means all. In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS directives ON CLUSTER 'it\'s'
(
    id UUID DEFAULT generateUUIDv4(),
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant String,
    action LowCardinality(String),
    agent String,
    version String,
    cohort String,
    every_s Float64,
    reason String,
    by String,
    until DateTime('UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', at)
ORDER BY (tenant, id)

-- fleet_policies
-- What agents may do, as fleet.yaml said it over time: since when it is in force, and when that was written. Rows are only
-- added. In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS fleet_policies ON CLUSTER 'it\'s'
(
    since DateTime64(9, 'UTC'),
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    digest String,
    text String,
    by String
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', at)
ORDER BY (since, digest)

-- approval_requests
-- What agents ask people to approve: the action, and a fingerprint of its arguments. Rows are only added. In a cluster every
-- node has the whole table.
CREATE TABLE IF NOT EXISTS approval_requests ON CLUSTER 'it\'s'
(
    id UUID,
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant String,
    agent String,
    lineage Array(String),
    cohort String,
    run_id String,
    trace_id String,
    tool String,
    action String,
    action_class LowCardinality(String),
    amount Nullable(Float64),
    fingerprint String,
    arguments String,
    reason String,
    policy String,
    ends DateTime('UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', at)
ORDER BY (tenant, id)
TTL toDateTime(at) + toIntervalDay(400)

-- approval_decisions
-- What people decided about the requests of agents: the first decision of each counts. Rows are only added.
CREATE TABLE IF NOT EXISTS approval_decisions ON CLUSTER 'it\'s'
(
    id UUID,
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant String,
    granted UInt8,
    by String,
    why String,
    decision UUID DEFAULT generateUUIDv4()
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', at)
ORDER BY (tenant, id, decision)
TTL toDateTime(at) + toIntervalDay(400)

-- approvals
-- Each request of an agent with what was decided about it. Of several decisions the first counts.
CREATE OR REPLACE VIEW approvals ON CLUSTER 'it\'s' AS
SELECT
    r.*,
    multiIf(d.decided = 0, if(r.ends > now(), 'pending', 'expired'), d.was_granted = 1, 'granted', 'denied') AS state,
    d.who AS decided_by,
    d.reason_given AS why,
    d.decided_at AS decided_at
FROM (SELECT * FROM approval_requests ORDER BY at LIMIT 1 BY tenant, id) AS r
LEFT JOIN
(
    SELECT
        tenant,
        id,
        count() AS decided,
        argMin(granted, at) AS was_granted,
        argMin(by, at) AS who,
        argMin(why, at) AS reason_given,
        min(at) AS decided_at
    FROM approval_decisions
    GROUP BY tenant, id
) AS d ON d.tenant = r.tenant AND d.id = r.id

-- audit_log
-- Who did what: violations, policies, directives, what people did about incidents. Rows are only added, and
-- kept for ever: each has the hash of the one before. An entry that is sent again has the same key; another
-- entry with the same number has another hash, and so does not replace the first.
-- In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS audit_log ON CLUSTER 'it\'s'
(
    chain LowCardinality(String),
    number UInt64,
    at DateTime64(6, 'UTC'),
    tenant LowCardinality(String),
    kind LowCardinality(String),
    about String,
    by String,
    body String,
    previous String,
    hash String,
    INDEX idx_about about TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', at)
ORDER BY (chain, number, hash)

-- signals
-- Every measurement that a detector reports. A signal that is sent again after a restart is the same row.
-- `about` and `subject` say what a signal is about where it is not about a run.
CREATE TABLE IF NOT EXISTS signals ON CLUSTER 'it\'s'
(
    id UInt64,
    at DateTime64(9, 'UTC'),
    arrived DateTime64(9, 'UTC'),
    tenant LowCardinality(String),
    detector LowCardinality(String),
    kind LowCardinality(String),
    level LowCardinality(String),
    agent LowCardinality(String),
    trace_id String,
    run_id String,
    score Float64,
    since DateTime64(9, 'UTC'),
    summary String,
    evidence String,
    incident UInt64,
    about LowCardinality(String) DEFAULT 'run',
    subject String
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', arrived)
PARTITION BY toMonday(at)
ORDER BY (tenant, detector, id)
TTL toDateTime(at) + toIntervalDay(90)
SETTINGS ttl_only_drop_parts = 1

-- incidents_rows
-- An incident as the detectors know it: a new row each time it changes, so the table is its own history.
-- The highest version counts. Incidents are few: in a cluster every node has them all.
CREATE TABLE IF NOT EXISTS incidents_rows ON CLUSTER 'it\'s'
(
    id UInt64,
    version UInt64,
    tenant LowCardinality(String),
    family LowCardinality(String),
    detectors Array(String),
    kinds Array(String),
    state LowCardinality(String),
    severity LowCardinality(String),
    agent LowCardinality(String),
    agents Array(String),
    trace_id String,
    run_id String,
    first_at DateTime64(9, 'UTC'),
    opened_at DateTime64(9, 'UTC'),
    reopened_at DateTime64(9, 'UTC'),
    updated_at DateTime64(9, 'UTC'),
    resolved_at DateTime64(9, 'UTC'),
    opened UInt32,
    spans UInt64,
    tokens UInt64,
    cost Float64,
    cost_per_hour Float64,
    unpriced UInt64,
    summary String,
    evidence String,
    change String,
    about LowCardinality(String) DEFAULT 'run',
    subject String
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', version)
ORDER BY (tenant, id, version)
TTL toDateTime(updated_at) + toIntervalDay(400)

-- incident_actions
-- What people did about incidents (acknowledge, silence, resolve, re-open), by whom and why. Rows are only
-- added.
CREATE TABLE IF NOT EXISTS incident_actions ON CLUSTER 'it\'s'
(
    id UUID DEFAULT generateUUIDv4(),
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant LowCardinality(String),
    incident UInt64,
    action LowCardinality(String),
    by String,
    why String,
    until DateTime('UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', at)
ORDER BY (tenant, incident, id)
TTL toDateTime(at) + toIntervalDay(400)

-- incidents
-- The present state of each incident: what the detectors report, and what people did since it was last opened.
CREATE OR REPLACE VIEW incidents ON CLUSTER 'it\'s' AS
SELECT
    i.* EXCEPT (version, state, change),
    multiIf(
        said = 'reopen' AND a.acted_at > i.resolved_at, 'open',
        i.state = 'resolved' OR said = 'resolve', 'resolved',
        a.silent_until > now(), 'silenced',
        said = 'ack', 'acknowledged',
        'open') AS state,
    if(a.acted_at >= i.reopened_at, a.act, '') AS said,
    if(said != '', a.who, '') AS said_by,
    if(said != '', a.reason, '') AS said_why,
    a.silent_until AS silent_until,
    -- As people see it and type it. `hex` alone leaves out zeros at the start.
    leftPad(lower(hex(i.id)), 16, '0') AS hex
FROM
(
    SELECT * FROM incidents_rows ORDER BY version DESC LIMIT 1 BY tenant, id
) AS i
LEFT JOIN
(
    SELECT
        tenant,
        incident,
        argMaxIf(action, at, action != 'silence') AS act,
        maxIf(at, action != 'silence') AS acted_at,
        argMaxIf(by, at, action != 'silence') AS who,
        argMaxIf(why, at, action != 'silence') AS reason,
        argMaxIf(until, at, action = 'silence') AS silent_until
    FROM incident_actions
    GROUP BY tenant, incident
) AS a ON a.tenant = i.tenant AND a.incident = i.id

-- otlp_in.comments
ALTER TABLE otlp_in ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: keeps nothing; requests of OTLP are inserted here and taken apart by views'

-- otel_traces.comments
ALTER TABLE otel_traces ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Each span as it was sent, in the table of the OpenTelemetry ClickHouse exporter',
    COMMENT COLUMN Timestamp 'When the span began',
    COMMENT COLUMN TraceId 'The trace, 32 hex digits',
    COMMENT COLUMN SpanId 'The span, 16 hex digits',
    COMMENT COLUMN ParentSpanId 'The span above it; empty at the root',
    COMMENT COLUMN TraceState 'The tracestate of the W3C, as it was sent',
    COMMENT COLUMN SpanName 'The name of the span, as it was sent',
    COMMENT COLUMN SpanKind 'Internal, Server, Client, Producer, Consumer or Unspecified',
    COMMENT COLUMN ServiceName 'The service that sent the span',
    COMMENT COLUMN ResourceAttributes 'What is true of all spans of the process',
    COMMENT COLUMN ScopeName 'The instrumentation that made the span',
    COMMENT COLUMN ScopeVersion 'The version of this instrumentation',
    COMMENT COLUMN SpanAttributes 'What the instrumentation says about the span',
    COMMENT COLUMN Duration 'How long it took, in nanoseconds',
    COMMENT COLUMN StatusCode 'Ok, Error or Unset',
    COMMENT COLUMN StatusMessage 'The words of an error',
    COMMENT COLUMN `Events.Timestamp` 'When each event of the span happened',
    COMMENT COLUMN `Events.Name` 'The name of each event',
    COMMENT COLUMN `Events.Attributes` 'What is said about each event',
    COMMENT COLUMN `Links.TraceId` 'The trace of each span that this one is linked to',
    COMMENT COLUMN `Links.SpanId` 'The span of each link',
    COMMENT COLUMN `Links.TraceState` 'The tracestate of each link',
    COMMENT COLUMN `Links.Attributes` 'What is said about each link',
    COMMENT COLUMN ResourceAttributeItems 'The attributes of the resource as key=value',
    COMMENT COLUMN SpanAttributeItems 'The attributes of the span as key=value'

-- otel_traces_trace_id_ts.comments
ALTER TABLE otel_traces_trace_id_ts ON CLUSTER 'it\'s'
    MODIFY COMMENT 'When each trace was, so that Grafana finds it by its id'

-- otel_traces_trace_id_ts_mv.comments
ALTER TABLE otel_traces_trace_id_ts_mv ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: fills otel_traces_trace_id_ts'

-- otel_traces_from_otlp.comments
ALTER TABLE otel_traces_from_otlp ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: fills otel_traces'

-- span_texts.comments
ALTER TABLE span_texts ON CLUSTER 'it\'s'
    MODIFY COMMENT 'The words of a span: arguments and results, inputs and outputs. Ask by trace_id and time; it is slow over many spans',
    COMMENT COLUMN time 'When the work began',
    COMMENT COLUMN trace_id 'The trace, 32 hex digits',
    COMMENT COLUMN span_id 'The span, 16 hex digits',
    COMMENT COLUMN asked 'The arguments of a tool',
    COMMENT COLUMN answered 'The result of a tool, else what was said',
    COMMENT COLUMN input 'What an agent or a model was given',
    COMMENT COLUMN said 'What an agent or a model said',
    COMMENT COLUMN heard 'The messages that a model or an agent was given, as they were recorded',
    COMMENT COLUMN instructions 'The instructions of the system, where they stand apart',
    COMMENT COLUMN heard_parts 'Messages whose parts were recorded one by one',
    COMMENT COLUMN declared 'What the SDK says of actions and approvals'

-- prices.comments
ALTER TABLE prices ON CLUSTER 'it\'s'
    MODIFY COMMENT 'What models cost, by the names that spans use, in dollars per million tokens',
    COMMENT COLUMN provider 'Who sells the model, as spans name it',
    COMMENT COLUMN model 'The model, as spans name it',
    COMMENT COLUMN service_tier 'The class of service that a provider bills, such as batch',
    COMMENT COLUMN known '1 if a price is known',
    COMMENT COLUMN source 'Where the price comes from: the package genai-prices or the configuration',
    COMMENT COLUMN priced_as 'The model of the list of prices that this name was recognised as',
    COMMENT COLUMN note 'What is worth knowing about the price',
    COMMENT COLUMN digest 'A checksum of the price, by which a changed one is noticed',
    COMMENT COLUMN `offers.since` 'From when the price applies. An offer is a price with its conditions; a model may have several',
    COMMENT COLUMN `offers.until` 'Until when the price applies',
    COMMENT COLUMN `offers.day_from` 'The second of the day from which it applies',
    COMMENT COLUMN `offers.day_until` 'The second of the day until which it applies',
    COMMENT COLUMN `offers.from_input` 'The least input tokens of a call that it applies to',
    COMMENT COLUMN `offers.up_to_input` 'The most input tokens of a call that it applies to',
    COMMENT COLUMN `offers.input` 'Dollars for the input',
    COMMENT COLUMN `offers.output` 'Dollars for the output',
    COMMENT COLUMN `offers.cache_read` 'Dollars for input that is read from a cache; -1 means as other input',
    COMMENT COLUMN `offers.cache_write` 'Dollars for input that is written to a cache; -1 means as other input',
    COMMENT COLUMN `offers.reasoning` 'Dollars for reasoning; -1 means as other output',
    COMMENT COLUMN `offers.audio_input` 'Dollars for audio input; -1 means no price of its own',
    COMMENT COLUMN `offers.audio_output` 'Dollars for audio output; -1 means no price of its own',
    COMMENT COLUMN `offers.audio_cache_read` 'Dollars for audio cache read; -1 means no price of its own',
    COMMENT COLUMN `offers.request` 'Dollars for a thousand requests',
    COMMENT COLUMN seconds_today 'How many seconds of today each offer applies',
    COMMENT COLUMN usual 'The place of the offer that most calls of today fall under; 0 without one',
    COMMENT COLUMN usual_since 'Of the usual offer: from when the price applies',
    COMMENT COLUMN usual_until 'Of the usual offer: until when the price applies',
    COMMENT COLUMN usual_day_from 'Of the usual offer: the second of the day from which it applies',
    COMMENT COLUMN usual_day_until 'Of the usual offer: the second of the day until which it applies',
    COMMENT COLUMN usual_up_to_input 'Of the usual offer: the most input tokens of a call that it applies to',
    COMMENT COLUMN usual_input 'Of the usual offer: dollars for the input',
    COMMENT COLUMN usual_output 'Of the usual offer: dollars for the output',
    COMMENT COLUMN usual_cache_read 'Of the usual offer: the difference in price between input that is read from a cache and other input',
    COMMENT COLUMN usual_cache_write 'Of the usual offer: the difference in price between input that is written to a cache and other input',
    COMMENT COLUMN usual_request 'Of the usual offer: dollars for a thousand requests',
    COMMENT COLUMN updated_at 'When the row was written'

-- agent_spans_in.comments
ALTER TABLE agent_spans_in ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: keeps nothing; rows of spans pass through it'

-- agent_spans_rows.comments
ALTER TABLE agent_spans_rows ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: the rows of agent_spans with their versions; ask agent_spans'

-- agent_spans_rows_mv.comments
ALTER TABLE agent_spans_rows_mv ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: fills agent_spans_rows'

-- agent_spans.comments
ALTER TABLE agent_spans ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Each span, whatever its dialect: who did what, what it cost and whether it failed. The first table to ask',
    COMMENT COLUMN tenant 'The tenant of the key that the span was sent with',
    COMMENT COLUMN segment 'When the span was received, in nanoseconds since 1970; rows are stored in this order',
    COMMENT COLUMN trace_id 'The trace, 32 hex digits',
    COMMENT COLUMN span_id 'The span, 16 hex digits',
    COMMENT COLUMN parent_span_id 'The span above it; empty at the root',
    COMMENT COLUMN start_time 'When the work began',
    COMMENT COLUMN duration_ns 'How long it took, in nanoseconds',
    COMMENT COLUMN kind 'What kind of work it is: agent, llm, tool, retrieval, embedding, workflow, handoff, guardrail or other',
    COMMENT COLUMN name 'The name of the span, as it was sent',
    COMMENT COLUMN agent 'The agent that did the work: the one that the span names, else the nearest above it, else the service',
    COMMENT COLUMN agent_version 'The release of the agent, else of the service',
    COMMENT COLUMN agent_id 'The id of the agent, as it was sent',
    COMMENT COLUMN parent_agent 'Of an agent: the agent that it works for',
    COMMENT COLUMN cohort 'The group that the agent was put into, such as a region or an experiment',
    COMMENT COLUMN environment 'Where it runs, such as production',
    COMMENT COLUMN service 'The service that sent the span',
    COMMENT COLUMN run_id 'The run: the trace, unless the span or its messages say otherwise',
    COMMENT COLUMN conversation 'The session or conversation that the span belongs to',
    COMMENT COLUMN workflow 'The workflow that the span is a part of',
    COMMENT COLUMN model 'The model that was asked for',
    COMMENT COLUMN response_model 'The model that answered',
    COMMENT COLUMN provider 'Who sells the model, such as openai',
    COMMENT COLUMN service_tier 'The class of service that a provider bills, such as batch',
    COMMENT COLUMN prompt_version 'The version of the prompt',
    COMMENT COLUMN tier 'The tier of the customer or the agent, as it was sent',
    COMMENT COLUMN action 'What the span does to the world, such as a refund: its fleetglass.action',
    COMMENT COLUMN tool 'The tool that was called',
    COMMENT COLUMN tool_call_id 'The id of the call, as the model gave it',
    COMMENT COLUMN arguments_hash 'A fingerprint of the arguments of a tool; equal for equal arguments, 0 if not recorded',
    COMMENT COLUMN arguments_shape 'The same without numbers and ids',
    COMMENT COLUMN result_hash 'A fingerprint of the result of a tool; 0 if not recorded',
    COMMENT COLUMN output_hash 'A fingerprint of the output of a model or an agent; 0 if not recorded',
    COMMENT COLUMN input_tokens 'All tokens that were read, cached ones too; counted once, on model calls',
    COMMENT COLUMN output_tokens 'All tokens that were written, those of reasoning too',
    COMMENT COLUMN cache_read_tokens 'The part of the input that came from a cache',
    COMMENT COLUMN cache_write_tokens 'The part of the input that was written to a cache',
    COMMENT COLUMN reasoning_tokens 'The part of the output that was reasoning',
    COMMENT COLUMN cost 'Dollars by the list of prices; NULL if no price is known, 0 if the span costs nothing or is counted elsewhere',
    COMMENT COLUMN reported_cost 'Dollars, as the span itself says; NULL if it says none',
    COMMENT COLUMN is_error '1 if the work failed',
    COMMENT COLUMN error_type 'What kind of error it was; empty without an error',
    COMMENT COLUMN finish_reason 'Why the model stopped',
    COMMENT COLUMN handoff_to 'The agent that a handoff or a tool passes the work to'

-- agent_minutes.comments
ALTER TABLE agent_minutes ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Sums by minute and by the columns that people group by. Every measure is a sum: sum(cost), never count()',
    COMMENT COLUMN tenant 'The tenant of the key that the span was sent with',
    COMMENT COLUMN minute 'The minute in which the spans began',
    COMMENT COLUMN kind 'What kind of work it is: agent, llm, tool, retrieval, embedding, workflow, handoff, guardrail or other',
    COMMENT COLUMN agent 'The agent that did the work: the one that the span names, else the nearest above it, else the service',
    COMMENT COLUMN agent_version 'The release of the agent, else of the service',
    COMMENT COLUMN cohort 'The group that the agent was put into, such as a region or an experiment',
    COMMENT COLUMN environment 'Where it runs, such as production',
    COMMENT COLUMN service 'The service that sent the span',
    COMMENT COLUMN workflow 'The workflow that the span is a part of',
    COMMENT COLUMN model 'The model that was asked for',
    COMMENT COLUMN provider 'Who sells the model, such as openai',
    COMMENT COLUMN prompt_version 'The version of the prompt',
    COMMENT COLUMN tier 'The tier of the customer or the agent, as it was sent',
    COMMENT COLUMN action 'What the span does to the world, such as a refund: its fleetglass.action',
    COMMENT COLUMN tool 'The tool that was called',
    COMMENT COLUMN spans 'How many spans there are; sum it, as all that follow',
    COMMENT COLUMN errors 'How many of them failed',
    COMMENT COLUMN unpriced 'How many of them have no known price',
    COMMENT COLUMN input_tokens 'All tokens that were read, cached ones too',
    COMMENT COLUMN output_tokens 'All tokens that were written, those of reasoning too',
    COMMENT COLUMN cache_read_tokens 'The part of the input that came from a cache',
    COMMENT COLUMN cache_write_tokens 'The part of the input that was written to a cache',
    COMMENT COLUMN reasoning_tokens 'The part of the output that was reasoning',
    COMMENT COLUMN cost 'Dollars by the list of prices, without the spans that have no known price',
    COMMENT COLUMN reported_cost 'Dollars, as the spans themselves say',
    COMMENT COLUMN duration_ns 'How long the spans took together, in nanoseconds',
    COMMENT COLUMN durations 'How many spans there are for each bucket of duration: fleetglassQuantile(sumMap(durations), 0.95) is the 95th percentile in nanoseconds'

-- agent_minutes_mv.comments
ALTER TABLE agent_minutes_mv ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: fills agent_minutes'

-- agent_runs.comments
ALTER TABLE agent_runs ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Sums of each run. A run has several rows: GROUP BY tenant, run_id',
    COMMENT COLUMN tenant 'The tenant of the key that the spans were sent with',
    COMMENT COLUMN run_id 'The run: the trace, unless the span or its messages say otherwise',
    COMMENT COLUMN day 'The day on which the spans began',
    COMMENT COLUMN agent 'The agent that did this part of the run',
    COMMENT COLUMN cohort 'The group that the agent was put into, such as a region or an experiment',
    COMMENT COLUMN model 'The model that this part of the run asked; empty for spans without a model',
    COMMENT COLUMN first_seen 'When the first span began; use min',
    COMMENT COLUMN last_seen 'When the last span ended; use max',
    COMMENT COLUMN ended '1 once a span without a parent has ended; use max',
    COMMENT COLUMN root 'When the first agent of the run began, and its name; use min',
    COMMENT COLUMN spans 'How many spans there are; sum it',
    COMMENT COLUMN steps 'How many model calls, tool calls and handoffs there are; sum it',
    COMMENT COLUMN errors 'How many spans failed; sum it',
    COMMENT COLUMN unpriced 'How many spans have no known price; sum it',
    COMMENT COLUMN input_tokens 'All tokens that were read; sum it',
    COMMENT COLUMN output_tokens 'All tokens that were written; sum it',
    COMMENT COLUMN cost 'Dollars, without the spans that have no known price; sum it',
    COMMENT COLUMN calls 'How many model calls there are; sum it',
    COMMENT COLUMN failed_calls 'How many model calls failed; sum it',
    COMMENT COLUMN cache_read_tokens 'The part of the input that came from a cache; sum it',
    COMMENT COLUMN largest_input 'The most tokens that one model call read; use max',
    COMMENT COLUMN segment 'When the last span of the run was received, in nanoseconds since 1970; use max'

-- agent_runs_mv.comments
ALTER TABLE agent_runs_mv ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: fills agent_runs'

-- otlp_spans.comments
ALTER TABLE otlp_spans ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: keeps nothing; spans with the facts of their resource pass through it'

-- otlp_spans_mv.comments
ALTER TABLE otlp_spans_mv ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: takes requests apart into spans'

-- span_facts.comments
ALTER TABLE span_facts ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: keeps nothing; spans with the facts of their attributes pass through it'

-- span_facts_mv.comments
ALTER TABLE span_facts_mv ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: reads the facts of each span'

-- agent_spans_from_facts.comments
ALTER TABLE agent_spans_from_facts ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: turns the facts of a span into a row'

-- settled.comments
ALTER TABLE settled ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: how far fleetglass settle has come'

-- directives.comments
ALTER TABLE directives ON CLUSTER 'it\'s'
    MODIFY COMMENT 'What agents were told to do: halt, throttle or resume. For each scope the latest one counts',
    COMMENT COLUMN id 'The directive',
    COMMENT COLUMN at 'When it was given',
    COMMENT COLUMN tenant 'The tenant whose agents it is for',
    COMMENT COLUMN action 'What the agents are to do: halt, throttle or resume',
    COMMENT COLUMN agent 'The agent that it is for; empty means all',
    COMMENT COLUMN version 'The release that it is for; empty means all',
    COMMENT COLUMN cohort 'The cohort that it is for; empty means all',
    COMMENT COLUMN every_s 'Of throttle: the seconds between two steps',
    COMMENT COLUMN reason 'Why, as the agents are told',
    COMMENT COLUMN by 'Who gave it: a person or a detector',
    COMMENT COLUMN until 'When it ends; 1970 means never'

-- fleet_policies.comments
ALTER TABLE fleet_policies ON CLUSTER 'it\'s'
    MODIFY COMMENT 'What agents may do, as fleet.yaml said it over time. Rows are only added',
    COMMENT COLUMN since 'Since when it is in force',
    COMMENT COLUMN at 'When that was written',
    COMMENT COLUMN digest 'Identifies what it says',
    COMMENT COLUMN text 'The section autonomy of fleet.yaml, as JSON',
    COMMENT COLUMN by 'Who put it in force'

-- approval_requests.comments
ALTER TABLE approval_requests ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: what agents ask people to approve; the view approvals shows it with the decisions'

-- approval_decisions.comments
ALTER TABLE approval_decisions ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: what people decided; the view approvals shows it'

-- approvals.comments
ALTER TABLE approvals ON CLUSTER 'it\'s'
    MODIFY COMMENT 'What agents asked people to approve, and what was decided',
    COMMENT COLUMN id 'The request, as people type it',
    COMMENT COLUMN at 'When the agent asked',
    COMMENT COLUMN tenant 'The tenant of the key that the agent asked with',
    COMMENT COLUMN agent 'The agent that wants to act',
    COMMENT COLUMN lineage 'The agents that it acts for, the nearest first',
    COMMENT COLUMN cohort 'The group that the agent was put into',
    COMMENT COLUMN run_id 'The run in which it asked',
    COMMENT COLUMN trace_id 'The trace in which it asked',
    COMMENT COLUMN tool 'The tool that it wants to call',
    COMMENT COLUMN action 'The declared action, such as refund.create',
    COMMENT COLUMN action_class 'What that does to the world, such as money',
    COMMENT COLUMN amount 'The amount at stake; NULL if none is known',
    COMMENT COLUMN fingerprint 'A fingerprint of the arguments: the approval is for exactly these',
    COMMENT COLUMN arguments 'The arguments, as far as the agent records contents',
    COMMENT COLUMN reason 'Why it has to ask',
    COMMENT COLUMN policy 'The digest of the policy that made it ask',
    COMMENT COLUMN ends 'When the agent waits no longer',
    COMMENT COLUMN state 'pending, granted, denied or expired',
    COMMENT COLUMN decided_by 'Who decided',
    COMMENT COLUMN why 'Why, as that person said',
    COMMENT COLUMN decided_at 'When it was decided'

-- signals.comments
ALTER TABLE signals ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Every single finding of the detectors; incidents are made of them',
    COMMENT COLUMN id 'The signal; one that is sent again has the same',
    COMMENT COLUMN at 'When it happened, by the times of the spans',
    COMMENT COLUMN arrived 'When the detectors reported it',
    COMMENT COLUMN tenant 'The tenant that it belongs to',
    COMMENT COLUMN detector 'The detector that found it',
    COMMENT COLUMN kind 'What it found',
    COMMENT COLUMN level 'How bad it is: warning or critical',
    COMMENT COLUMN agent 'The agent that it is about',
    COMMENT COLUMN trace_id 'The trace that it was found in; empty if it is not about a run',
    COMMENT COLUMN run_id 'The run that it was found in; empty if it is not about a run',
    COMMENT COLUMN score 'How strong the evidence is; the scale depends on the detector',
    COMMENT COLUMN since 'When the problem began',
    COMMENT COLUMN summary 'What happened, in one sentence',
    COMMENT COLUMN evidence 'What the detector goes by, as JSON',
    COMMENT COLUMN incident 'The id of the incident that it belongs to',
    COMMENT COLUMN about 'What it is about: run, agent, cohort, model, tenant or budget',
    COMMENT COLUMN subject 'The name of what it is about, if this is not a run'

-- incidents_rows.comments
ALTER TABLE incidents_rows ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Internal: every version of each incident; the view incidents shows the last'

-- incident_actions.comments
ALTER TABLE incident_actions ON CLUSTER 'it\'s'
    MODIFY COMMENT 'What people did about incidents, by whom and why. Rows are only added',
    COMMENT COLUMN id 'The action',
    COMMENT COLUMN at 'When it was taken',
    COMMENT COLUMN tenant 'The tenant that the incident belongs to',
    COMMENT COLUMN incident 'The id of the incident',
    COMMENT COLUMN action 'What was done: ack, silence, resolve or reopen',
    COMMENT COLUMN by 'Who did it',
    COMMENT COLUMN why 'Why',
    COMMENT COLUMN until 'Of silence: until when'

-- incidents.comments
ALTER TABLE incidents ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Each incident as it is now: what the detectors report and what people did about it',
    COMMENT COLUMN id 'The number of the incident; the column hex has it as people type it',
    COMMENT COLUMN tenant 'The tenant that the incident belongs to',
    COMMENT COLUMN family 'What kind of problem it is: loop, silence, excess, cost or budget',
    COMMENT COLUMN detectors 'The detectors that found it',
    COMMENT COLUMN kinds 'What each of them found, such as exact or rising cost',
    COMMENT COLUMN severity 'How much harm it does: warning or critical',
    COMMENT COLUMN agent 'The agent that it is about',
    COMMENT COLUMN agents 'All agents that take part in it',
    COMMENT COLUMN trace_id 'The trace that it was found in; empty if it is not about a run',
    COMMENT COLUMN run_id 'The run that it was found in; empty if it is not about a run',
    COMMENT COLUMN first_at 'When the problem began',
    COMMENT COLUMN opened_at 'When the incident was first opened',
    COMMENT COLUMN reopened_at 'When it was last opened',
    COMMENT COLUMN updated_at 'When the detectors last changed it',
    COMMENT COLUMN resolved_at 'When the detectors last resolved it',
    COMMENT COLUMN opened 'How often it was opened',
    COMMENT COLUMN spans 'How many spans are a part of the problem',
    COMMENT COLUMN tokens 'How many tokens the problem took',
    COMMENT COLUMN cost 'How many dollars the problem cost',
    COMMENT COLUMN cost_per_hour 'How many dollars an hour it costs',
    COMMENT COLUMN unpriced 'How many of its spans have no known price',
    COMMENT COLUMN summary 'What happened, in one sentence',
    COMMENT COLUMN evidence 'What the detectors go by, as JSON',
    COMMENT COLUMN about 'What it is about: run, agent, cohort, model, tenant or budget',
    COMMENT COLUMN subject 'The name of what it is about, if this is not a run',
    COMMENT COLUMN state 'open, acknowledged, silenced or resolved',
    COMMENT COLUMN said 'The last thing that people did about it since it was last opened: ack, resolve or reopen',
    COMMENT COLUMN said_by 'Who did that',
    COMMENT COLUMN said_why 'Why',
    COMMENT COLUMN silent_until 'Until when it is silenced',
    COMMENT COLUMN hex 'The id as the commands show and take it, 16 hex digits'

-- audit_log.comments
ALTER TABLE audit_log ON CLUSTER 'it\'s'
    MODIFY COMMENT 'Who did what, in chains that show every change. Rows are only added; fleetglass audit verify checks them',
    COMMENT COLUMN chain 'The chain that the entry belongs to: each process that writes has its own',
    COMMENT COLUMN number 'The place of the entry in its chain, from 1 on without gaps',
    COMMENT COLUMN at 'When it was written',
    COMMENT COLUMN tenant 'The tenant that it belongs to; empty if it is of all',
    COMMENT COLUMN kind 'What it tells of, such as violation, policy, directive or incident',
    COMMENT COLUMN about 'The id of what it is about, such as an incident or a signal',
    COMMENT COLUMN by 'Who did it: a person, an agent, a budget or a file',
    COMMENT COLUMN body 'The rest of it, as JSON. Never a prompt, an argument or an answer',
    COMMENT COLUMN previous 'The hash of the entry before it in its chain; empty for the first',
    COMMENT COLUMN hash 'SHA-256 of the entry: it stands for the whole chain so far'
