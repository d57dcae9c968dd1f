-- Nanoseconds since 1970 as a time. Keys and TTLs count seconds in 32 bits, which end in 2106. So a time after
-- 2100 becomes 2100, which leaves room for adding a TTL.
CREATE OR REPLACE FUNCTION fleetglassTime${on_cluster} AS nanoseconds ->
    fromUnixTimestamp64Nano(toInt64(least(nanoseconds, 4102444800000000000)))
