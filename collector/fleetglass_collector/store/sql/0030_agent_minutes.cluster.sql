CREATE TABLE IF NOT EXISTS agent_minutes${on_cluster} AS agent_minutes_local
ENGINE = Distributed(${cluster}, currentDatabase(), agent_minutes_local, cityHash64(agent))
