-- What was said and returned in the last steps of some traces, and what their spans declare about actions and approvals.
SELECT
    trace_id,
    span_id,
    substring(asked, 1, ${most}) AS asked,
    substring(answered, 1, ${most}) AS answered,
    substring(heard, 1, ${most}) AS heard,
    substring(instructions, 1, ${most}) AS instructions,
    heard_parts,
    declared
FROM span_texts
WHERE time >= fromUnixTimestamp64Nano(toInt64(${first_ns})) AND time <= fromUnixTimestamp64Nano(toInt64(${last_ns}))
    AND trace_id IN (${traces})
ORDER BY time DESC
LIMIT ${most_steps} BY trace_id
