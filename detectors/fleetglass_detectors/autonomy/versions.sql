-- The policies that were in force, the earliest first.
SELECT toUnixTimestamp64Nano(since) AS since_ns, digest, text
FROM fleet_policies
ORDER BY since, at
