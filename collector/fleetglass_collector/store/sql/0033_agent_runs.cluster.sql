CREATE TABLE IF NOT EXISTS agent_runs${on_cluster} AS agent_runs_local
ENGINE = Distributed(${cluster}, currentDatabase(), agent_runs_local, cityHash64(run_id))
