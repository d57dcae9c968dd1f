ALTER TABLE agent_spans_from_facts${on_cluster}
    MODIFY COMMENT 'Internal: turns the facts of a span into a row'
