-- The key of the fingerprints. Without it nobody can test a guess at a text that was hashed. store/migrate.py
-- makes it once. If two collectors make one at the same time, the first counts.
CREATE TABLE IF NOT EXISTS fleetglass_secret.keys${on_cluster}
(
    id UInt64,
    k0 UInt64,
    k1 UInt64,
    rank UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Nano(now64(9))
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}rank)
ORDER BY id
