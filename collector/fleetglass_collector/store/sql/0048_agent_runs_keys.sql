-- A run by whose work it is and by model: what runs of a kind cost is read from here. `segment` is the last
-- that brought a span of it.
ALTER TABLE agent_runs${local}${on_cluster}
    ADD COLUMN IF NOT EXISTS agent LowCardinality(String),
    ADD COLUMN IF NOT EXISTS cohort LowCardinality(String),
    ADD COLUMN IF NOT EXISTS model LowCardinality(String),
    ADD COLUMN IF NOT EXISTS calls SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS failed_calls SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS cache_read_tokens SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS largest_input SimpleAggregateFunction(max, UInt64),
    ADD COLUMN IF NOT EXISTS segment SimpleAggregateFunction(max, UInt64),
    ADD INDEX IF NOT EXISTS idx_segment segment TYPE minmax GRANULARITY 1,
    MODIFY ORDER BY (tenant, day, run_id, agent, cohort, model)
