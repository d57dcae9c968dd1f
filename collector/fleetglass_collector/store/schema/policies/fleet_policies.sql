-- What agents may do, as fleet.yaml said it over time: since when it is in force, and when that was written. Rows are only
-- added. In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS fleet_policies${on_cluster}
(
    since DateTime64(9, 'UTC'),
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    digest String,
    text String,
    by String
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}at)
ORDER BY (since, digest)
