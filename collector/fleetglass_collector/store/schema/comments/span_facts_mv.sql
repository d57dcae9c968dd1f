ALTER TABLE span_facts_mv${on_cluster}
    MODIFY COMMENT 'Internal: reads the facts of each span'
