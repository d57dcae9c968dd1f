-- Where OTLP requests are inserted: one ExportTraceServiceRequest a row. It keeps nothing; views take it apart.
CREATE TABLE IF NOT EXISTS otlp_in${on_cluster}
(
    tenant String,
    segment UInt64,
    received_ns UInt64,
    resource_spans Array(Tuple(
        resource Tuple(attributes ${pairs}),
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
                status Tuple(message String, code Int64)))))))
)
ENGINE = Null
