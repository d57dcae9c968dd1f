-- The entries of all chains in their order; of each chain from its first one since a time on (0: from its beginning).
WITH
(
    SELECT CAST((groupArray(chain), groupArray(first)), 'Map(String, UInt64)')
    FROM
    (
        SELECT toString(chain) AS chain, min(number) AS first
        FROM audit_log
        WHERE {since_us:Int64} = 0 OR at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
        GROUP BY chain
    )
) AS firsts
SELECT chain, toString(number) AS number, toString(at) AS at, tenant, kind, about, by, body, previous, hash
FROM audit_log AS a
WHERE mapContains(firsts, toString(a.chain)) AND a.number >= firsts[toString(a.chain)]
ORDER BY a.chain, a.number, a.hash
