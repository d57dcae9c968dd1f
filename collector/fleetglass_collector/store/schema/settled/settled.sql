-- How far `fleetglass settle` has come: in segments up to this one, each span has its agent, run and cost. `holder` is
-- the process that settles: two at once would take the same rows back twice. Each row is inserted once: see
-- settle/lease.py. In a cluster every node has the whole table. `looked` is when it last looked for late segments.
CREATE TABLE IF NOT EXISTS settled${on_cluster}
(
    segment UInt64,
    holder String,
    at DateTime64(3) DEFAULT now64(3),
    looked DateTime
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}at)
ORDER BY tuple()
SETTINGS ${deduplication}
