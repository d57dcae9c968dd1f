-- What people decided about the requests of agents: the first decision of each counts. Rows are only added.
CREATE TABLE IF NOT EXISTS approval_decisions${on_cluster}
(
    id UUID,
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant String,
    granted UInt8,
    by String,
    why String,
    decision UUID DEFAULT generateUUIDv4()
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}at)
ORDER BY (tenant, id, decision)
TTL toDateTime(at) + toIntervalDay(400)
