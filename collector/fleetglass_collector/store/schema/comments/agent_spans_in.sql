ALTER TABLE agent_spans_in${on_cluster}
    MODIFY COMMENT 'Internal: keeps nothing; rows of spans pass through it'
