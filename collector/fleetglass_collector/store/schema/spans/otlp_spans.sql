-- A span and what its resource says. Keeps nothing: it stands between two views so that the database
-- takes requests apart first and reads facts then. In one query it may put off reading a resource's
-- facts until it has copied the whole request to each of its spans.
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
