ALTER TABLE agent_runs_mv${on_cluster}
    MODIFY COMMENT 'Internal: fills agent_runs'
