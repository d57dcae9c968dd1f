ALTER TABLE agent_spans_rows_mv${on_cluster}
    MODIFY COMMENT 'Internal: fills agent_spans_rows'
