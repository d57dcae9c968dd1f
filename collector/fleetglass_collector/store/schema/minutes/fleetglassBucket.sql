-- The number of a duration's bucket. Each bucket is 9 % wide: the eighth root of two, from a microsecond up.
CREATE OR REPLACE FUNCTION fleetglassBucket${on_cluster} AS duration_ns ->
    toUInt16(ceil(8 * log2(1 + duration_ns / 1000)))
