ALTER TABLE otel_traces_from_otlp${on_cluster}
    MODIFY COMMENT 'Internal: fills otel_traces'
