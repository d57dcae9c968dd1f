ALTER TABLE span_facts${on_cluster}
    MODIFY COMMENT 'Internal: keeps nothing; spans with the facts of their attributes pass through it'
