-- What agents ask people to approve: the action, and a fingerprint of its arguments. Rows are only added. In a cluster every
-- node has the whole table.
CREATE TABLE IF NOT EXISTS approval_requests${on_cluster}
(
    id UUID,
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant String,
    agent String,
    lineage Array(String),
    cohort String,
    run_id String,
    trace_id String,
    tool String,
    action String,
    action_class LowCardinality(String),
    amount Nullable(Float64),
    fingerprint String,
    arguments String,
    reason String,
    policy String,
    ends DateTime('UTC')
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}at)
ORDER BY (tenant, id)
TTL toDateTime(at) + toIntervalDay(400)
