-- Every measurement that a detector reports. A signal that is sent again after a restart is the same row.
-- `about` and `subject` say what a signal is about where it is not about a run.
CREATE TABLE IF NOT EXISTS signals${on_cluster}
(
    id UInt64,
    at DateTime64(9, 'UTC'),
    arrived DateTime64(9, 'UTC'),
    tenant LowCardinality(String),
    detector LowCardinality(String),
    kind LowCardinality(String),
    level LowCardinality(String),
    agent LowCardinality(String),
    trace_id String,
    run_id String,
    score Float64,
    since DateTime64(9, 'UTC'),
    summary String,
    evidence String,
    incident UInt64,
    about LowCardinality(String) DEFAULT 'run',
    subject String
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}arrived)
PARTITION BY toMonday(at)
ORDER BY (tenant, detector, id)
TTL toDateTime(at) + toIntervalDay(90)
SETTINGS ttl_only_drop_parts = 1
