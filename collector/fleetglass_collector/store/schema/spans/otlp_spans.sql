-- A span and the facts of its resource. It keeps nothing. It stands between two views so that the database takes requests
-- apart first and reads facts afterwards. In a single query, it may copy the whole request to each of its spans before it
-- reads the facts of the resource.
CREATE TABLE IF NOT EXISTS otlp_spans${on_cluster}
(
    tenant String,
    segment UInt64,
${resource_columns},
    span Tuple(
        trace_id String,
        span_id String,
        trace_state String,
        parent_span_id String,
        name String,
        kind Int64,
        start_time_unix_nano UInt64,
        end_time_unix_nano UInt64,
        attributes ${pairs},
        events Array(Tuple(
            time_unix_nano UInt64,
            name String,
            attributes ${pairs})),
        links Array(Tuple(
            trace_id String,
            span_id String,
            trace_state String,
            attributes ${pairs})),
        status Tuple(message String, code Int64)))
ENGINE = Null
