ALTER TABLE agent_runs${on_cluster}
    ADD COLUMN IF NOT EXISTS agent LowCardinality(String),
    ADD COLUMN IF NOT EXISTS cohort LowCardinality(String),
    ADD COLUMN IF NOT EXISTS model LowCardinality(String),
    ADD COLUMN IF NOT EXISTS calls SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS failed_calls SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS cache_read_tokens SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS largest_input SimpleAggregateFunction(max, UInt64),
    ADD COLUMN IF NOT EXISTS segment SimpleAggregateFunction(max, UInt64)
