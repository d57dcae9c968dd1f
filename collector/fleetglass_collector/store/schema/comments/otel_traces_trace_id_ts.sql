ALTER TABLE otel_traces_trace_id_ts${on_cluster}
    MODIFY COMMENT 'When each trace was, so that Grafana finds it by its id'
