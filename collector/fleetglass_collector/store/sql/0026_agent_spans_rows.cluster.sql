CREATE TABLE IF NOT EXISTS agent_spans_rows${on_cluster} AS agent_spans_rows_local
ENGINE = Distributed(${cluster}, currentDatabase(), agent_spans_rows_local, cityHash64(trace_id))
