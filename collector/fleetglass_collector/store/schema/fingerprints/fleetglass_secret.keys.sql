-- The key of the fingerprints: without it nobody can test a guess at what was hashed. Made once, by
-- store/migrate.py; should two make one at the same time, the first holds.
CREATE TABLE IF NOT EXISTS fleetglass_secret.keys${on_cluster}
(
    id UInt64,
    k0 UInt64,
    k1 UInt64,
    rank UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Nano(now64(9))
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}rank)
ORDER BY id
