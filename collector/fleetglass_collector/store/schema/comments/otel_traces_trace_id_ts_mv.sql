ALTER TABLE otel_traces_trace_id_ts_mv${on_cluster}
    MODIFY COMMENT 'Internal: fills otel_traces_trace_id_ts'
