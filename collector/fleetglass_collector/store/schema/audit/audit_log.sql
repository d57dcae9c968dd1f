-- Who did what: violations, policies, directives, what people did about incidents. Rows are only added, and
-- kept for ever: each has the hash of the one before. An entry that is sent again has the same key; another
-- entry with the same number has another hash, and so does not replace the first.
-- In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS audit_log${on_cluster}
(
    chain LowCardinality(String),
    number UInt64,
    at DateTime64(6, 'UTC'),
    tenant LowCardinality(String),
    kind LowCardinality(String),
    about String,
    by String,
    body String,
    previous String,
    hash String,
    INDEX idx_about about TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}at)
ORDER BY (chain, number, hash)
