ALTER TABLE agent_spans_rows${on_cluster}
    MODIFY COMMENT 'Internal: the rows of agent_spans with their versions; ask agent_spans'
