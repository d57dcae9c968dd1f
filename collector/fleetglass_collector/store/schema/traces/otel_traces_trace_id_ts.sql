-- When each trace was, to look it up by its id without reading every day.
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts${local}${on_cluster}
(
    TraceId String CODEC(ZSTD(1)),
    Start SimpleAggregateFunction(min, DateTime) CODEC(Delta, ZSTD(1)),
    End SimpleAggregateFunction(max, DateTime) CODEC(Delta, ZSTD(1))
)
ENGINE = ${replicated}AggregatingMergeTree
PARTITION BY toStartOfWeek(Start)
ORDER BY TraceId
TTL ${ttl_otel_traces_trace_id_ts}
SETTINGS ttl_only_drop_parts = 1, ${deduplication}, fsync_after_insert = 1, fsync_part_directory = 1
