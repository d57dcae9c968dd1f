-- How far arriving spans are settled: in the segments up to here each span has the agent, the run and the
-- cost that the spans stored by then tell.
CREATE TABLE IF NOT EXISTS settled${on_cluster}
(
    segment UInt64,
    at DateTime64(3) DEFAULT now64(3),
    one UInt8 DEFAULT 1
)
ENGINE = ${replicated}ReplacingMergeTree(segment)
ORDER BY one
