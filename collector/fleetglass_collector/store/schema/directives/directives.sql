-- The directives that people and detectors give to agents: what, by whom and why. For each scope the latest
-- directive counts; an empty field of a scope means all. In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS directives${on_cluster}
(
    id UUID DEFAULT generateUUIDv4(),
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant String,
    action LowCardinality(String),
    agent String,
    version String,
    cohort String,
    every_s Float64,
    reason String,
    by String,
    until DateTime('UTC')
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}at)
ORDER BY (tenant, id)
