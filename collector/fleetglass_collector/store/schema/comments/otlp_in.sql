ALTER TABLE otlp_in${on_cluster}
    MODIFY COMMENT 'Internal: keeps nothing; requests of OTLP are inserted here and taken apart by views'
