-- Sums of each run by agent, cohort and model, and when the run was first and last seen. One run has
-- several rows: read them with `GROUP BY tenant, run_id`. `ended` is 1 once a span without a parent has
-- ended. `segment` is the last segment that brought a span of the run.
CREATE TABLE IF NOT EXISTS agent_runs${local}${on_cluster}
(
    tenant LowCardinality(String),
    run_id String,
    day Date,
    agent LowCardinality(String),
    cohort LowCardinality(String),
    model LowCardinality(String),
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
    calls SimpleAggregateFunction(sum, Int64),
    failed_calls SimpleAggregateFunction(sum, Int64),
    cache_read_tokens SimpleAggregateFunction(sum, Int64),
    largest_input SimpleAggregateFunction(max, UInt64),
    segment SimpleAggregateFunction(max, UInt64),
    INDEX idx_last_seen last_seen TYPE minmax GRANULARITY 1,
    INDEX idx_segment segment TYPE minmax GRANULARITY 1
)
ENGINE = ${replicated}AggregatingMergeTree
PARTITION BY toMonday(day)
PRIMARY KEY (tenant, day, run_id)
ORDER BY (tenant, day, run_id, agent, cohort, model)
TTL ${ttl_agent_runs}
SETTINGS ttl_only_drop_parts = 1, ${deduplication}, merge_selector_base = 10,
    fsync_after_insert = 1, fsync_part_directory = 1
