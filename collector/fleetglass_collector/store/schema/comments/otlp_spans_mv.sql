ALTER TABLE otlp_spans_mv${on_cluster}
    MODIFY COMMENT 'Internal: takes requests apart into spans'
