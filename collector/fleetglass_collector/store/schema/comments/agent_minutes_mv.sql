ALTER TABLE agent_minutes_mv${on_cluster}
    MODIFY COMMENT 'Internal: fills agent_minutes'
