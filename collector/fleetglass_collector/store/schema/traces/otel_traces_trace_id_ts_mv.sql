-- Reads the rows of its own shard, which holds whole traces.
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_id_ts_mv${on_cluster} TO otel_traces_trace_id_ts${local} AS
SELECT
    TraceId,
    min(Timestamp) AS Start,
    max(Timestamp) AS End
FROM otel_traces${local}
WHERE TraceId != ''
GROUP BY TraceId
