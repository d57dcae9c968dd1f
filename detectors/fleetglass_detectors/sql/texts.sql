-- What was asked and answered in some steps; as much of it as anybody looks at.
SELECT
    trace_id,
    span_id,
    substring(asked, 1, ${most}) AS asked,
    substring(answered, 1, ${most}) AS answered,
    substring(said, 1, ${most}) AS said
FROM span_texts
WHERE trace_id IN (${traces}) AND span_id IN (${spans})
    AND time >= fromUnixTimestamp64Nano(toInt64(${first_ns})) AND time <= fromUnixTimestamp64Nano(toInt64(${last_ns}))
