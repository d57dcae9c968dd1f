-- The last entry of a chain.
SELECT chain, number, toString(at) AS at, tenant, kind, about, by, body, previous, hash
FROM audit_log
WHERE chain = {chain:String}
ORDER BY number DESC
LIMIT 1
