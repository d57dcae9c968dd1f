-- Sums by minute and by the columns that people group by. Every measure is a sum, so a plain
-- `sum(...) GROUP BY` is right at any moment. `durations` counts spans by bucket of their duration;
-- fleetglassQuantile reads it.
CREATE TABLE IF NOT EXISTS agent_minutes${local}${on_cluster}
(
    tenant LowCardinality(String),
    minute DateTime,
    kind LowCardinality(String),
    agent LowCardinality(String),
    agent_version LowCardinality(String),
    cohort LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    workflow LowCardinality(String),
    model LowCardinality(String),
    provider LowCardinality(String),
    prompt_version LowCardinality(String),
    tier LowCardinality(String),
    action LowCardinality(String),
    tool LowCardinality(String),
    spans SimpleAggregateFunction(sum, Int64),
    errors SimpleAggregateFunction(sum, Int64),
    unpriced SimpleAggregateFunction(sum, Int64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    cache_read_tokens SimpleAggregateFunction(sum, Int64),
    cache_write_tokens SimpleAggregateFunction(sum, Int64),
    reasoning_tokens SimpleAggregateFunction(sum, Int64),
    cost SimpleAggregateFunction(sum, Decimal(38, 12)),
    reported_cost SimpleAggregateFunction(sum, Decimal(38, 12)),
    duration_ns SimpleAggregateFunction(sum, Int64),
    durations SimpleAggregateFunction(sumMap, Map(UInt16, Int64))
)
ENGINE = ${replicated}AggregatingMergeTree
PARTITION BY toMonday(minute)
PRIMARY KEY (tenant, kind, minute, agent)
ORDER BY (tenant, kind, minute, agent, model, tool, cohort, prompt_version, agent_version, environment,
    service, workflow, provider, tier, action)
TTL ${ttl_agent_minutes}
SETTINGS ttl_only_drop_parts = 1, ${deduplication}, merge_selector_base = 10,
    fsync_after_insert = 1, fsync_part_directory = 1
