ALTER TABLE otlp_spans${on_cluster}
    MODIFY COMMENT 'Internal: keeps nothing; spans with the facts of their resource pass through it'
