-- How far arriving spans are settled: in the segments up to here each span has the agent, the run and the
-- cost that the spans stored by then tell. And by whom: two at once would take the same back twice.
CREATE TABLE IF NOT EXISTS settled${on_cluster}
(
    segment UInt64,
    holder String,
    at DateTime64(3) DEFAULT now64(3)
)
ENGINE = ${replicated}ReplacingMergeTree(at)
ORDER BY tuple()
