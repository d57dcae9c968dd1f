-- What people did about incidents (acknowledge, silence, resolve, re-open), by whom and why. Rows are only
-- added.
CREATE TABLE IF NOT EXISTS incident_actions${on_cluster}
(
    id UUID DEFAULT generateUUIDv4(),
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    tenant LowCardinality(String),
    incident UInt64,
    action LowCardinality(String),
    by String,
    why String,
    until DateTime('UTC')
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}at)
ORDER BY (tenant, incident, id)
TTL toDateTime(at) + toIntervalDay(400)
