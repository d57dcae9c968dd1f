-- 0001_otlp_in
-- The door: an OTLP ExportTraceServiceRequest is one row. It keeps nothing; views take it apart.
CREATE TABLE IF NOT EXISTS otlp_in
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
CREATE OR REPLACE FUNCTION fleetglassElementText AS element -> multiIf(
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
CREATE OR REPLACE FUNCTION fleetglassValueText AS value -> multiIf(
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
CREATE OR REPLACE FUNCTION fleetglassTextMap AS attributes -> CAST(
    (tupleElement(attributes, 'key'), arrayMap(value -> fleetglassValueText(value), tupleElement(attributes, 'value'))),
    'Map(LowCardinality(String), String)')

-- 0005_time
-- Nanoseconds since 1970 as a time. Keys and TTLs count seconds in 32 bits, which end in 2106: all that
-- is later than the year 2100 is 2100, which leaves room for a TTL to be added.
CREATE OR REPLACE FUNCTION fleetglassTime AS nanoseconds ->
    fromUnixTimestamp64Nano(toInt64(least(nanoseconds, 4102444800000000000)))

-- 0006_id
-- An id as hex; one that is all zero is none.
CREATE OR REPLACE FUNCTION fleetglassId AS id ->
    if(id = repeat('\0', length(id)), '', lower(hex(id)))

-- 0007_otel_traces
-- The OpenTelemetry ClickHouse exporter's table, column for column.
CREATE TABLE IF NOT EXISTS otel_traces
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
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
PRIMARY KEY (ServiceName, SpanName, toDateTime(Timestamp))
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
TTL toDateTime(Timestamp) + toIntervalDay(7)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000,
    -- A wide part is a hundred files; making and merging them cost a third of the intake's time.
    min_bytes_for_wide_part = 268435456, merge_selector_base = 10,
    -- The journal forgets what is confirmed, so that must outlive a power cut.
    fsync_after_insert = 1, fsync_part_directory = 1

-- 0009_otel_traces_trace_id_ts
-- When a trace was, for looking it up by its id without reading every day.
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts
(
    TraceId String CODEC(ZSTD(1)),
    Start SimpleAggregateFunction(min, DateTime) CODEC(Delta, ZSTD(1)),
    End SimpleAggregateFunction(max, DateTime) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toStartOfWeek(Start)
ORDER BY TraceId
TTL Start + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1

-- 0011_otel_traces_trace_id_ts_mv
-- Fed from the rows of its own shard, which are whole traces.
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_id_ts_mv TO otel_traces_trace_id_ts AS
SELECT
    TraceId,
    min(Timestamp) AS Start,
    max(Timestamp) AS End
FROM otel_traces
WHERE TraceId != ''
GROUP BY TraceId

-- 0012_otel_traces_from_otlp
-- What is the same for all spans of a resource is computed before they are taken apart.
-- In a cluster it writes to the distributed table, so that a trace's spans meet on one shard.
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_from_otlp TO otel_traces AS
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
