-- How far `fleetglass settle` has come: in segments up to this one, each span has its agent, run and cost. `holder` is
-- the process that settles: two at once would take the same rows back twice.
CREATE TABLE IF NOT EXISTS settled${on_cluster}
(
    segment UInt64,
    holder String,
    at DateTime64(3) DEFAULT now64(3)
)
ENGINE = ${replicated}ReplacingMergeTree(at)
ORDER BY tuple()
