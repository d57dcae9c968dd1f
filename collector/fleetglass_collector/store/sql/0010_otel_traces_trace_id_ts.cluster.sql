CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts${on_cluster} AS otel_traces_trace_id_ts_local
ENGINE = Distributed(${cluster}, currentDatabase(), otel_traces_trace_id_ts_local, cityHash64(TraceId))
