CREATE TABLE IF NOT EXISTS otel_traces${on_cluster} AS otel_traces_local
ENGINE = Distributed(${cluster}, currentDatabase(), otel_traces_local, cityHash64(TraceId))
