-- A run, however it is told: sums, and when it was first and last seen. Its rows meet by
-- `GROUP BY tenant, run_id`. `ended` says that a span without parent has ended.
CREATE TABLE IF NOT EXISTS agent_runs${local}${on_cluster}
(
    tenant LowCardinality(String),
    run_id String,
    day Date,
    first_seen SimpleAggregateFunction(min, DateTime64(9)),
    last_seen SimpleAggregateFunction(max, DateTime64(9)),
    ended SimpleAggregateFunction(max, UInt8),
    root SimpleAggregateFunction(min, Tuple(start_time DateTime64(9), agent String)),
    spans SimpleAggregateFunction(sum, Int64),
    steps SimpleAggregateFunction(sum, Int64),
    errors SimpleAggregateFunction(sum, Int64),
    unpriced SimpleAggregateFunction(sum, Int64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    cost SimpleAggregateFunction(sum, Decimal(38, 12)),
    INDEX idx_last_seen last_seen TYPE minmax GRANULARITY 1
)
ENGINE = ${replicated}AggregatingMergeTree
PARTITION BY toMonday(day)
ORDER BY (tenant, day, run_id)
TTL ${ttl_agent_runs}
SETTINGS ttl_only_drop_parts = 1, ${deduplication}, merge_selector_base = 10,
    fsync_after_insert = 1, fsync_part_directory = 1
