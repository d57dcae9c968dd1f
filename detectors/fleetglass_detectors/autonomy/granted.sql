-- What people granted in some traces.
SELECT
    trace_id,
    tenant,
    toUnixTimestamp64Nano(toDateTime64(decided_at, 9, 'UTC')) AS at_ns,
    decided_by AS by,
    firstNonDefault(tool, action) AS action,
    fingerprint
FROM approvals
WHERE state = 'granted' AND trace_id IN (${traces})
ORDER BY at_ns
