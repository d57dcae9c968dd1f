-- An incident as the detectors know it: a new row each time it changes, so the table is its own history.
-- The highest version counts. Incidents are few: in a cluster every node has them all.
CREATE TABLE IF NOT EXISTS incidents_rows${on_cluster}
(
    id UInt64,
    version UInt64,
    tenant LowCardinality(String),
    family LowCardinality(String),
    detectors Array(String),
    kinds Array(String),
    state LowCardinality(String),
    severity LowCardinality(String),
    agent LowCardinality(String),
    agents Array(String),
    trace_id String,
    run_id String,
    first_at DateTime64(9, 'UTC'),
    opened_at DateTime64(9, 'UTC'),
    reopened_at DateTime64(9, 'UTC'),
    updated_at DateTime64(9, 'UTC'),
    resolved_at DateTime64(9, 'UTC'),
    opened UInt32,
    spans UInt64,
    tokens UInt64,
    cost Float64,
    cost_per_hour Float64,
    unpriced UInt64,
    summary String,
    evidence String,
    change String,
    about LowCardinality(String) DEFAULT 'run',
    subject String
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}version)
ORDER BY (tenant, id, version)
TTL toDateTime(updated_at) + toIntervalDay(400)
