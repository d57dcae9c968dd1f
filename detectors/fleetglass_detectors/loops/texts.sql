-- What was asked and answered in some steps; as much of it as anybody looks at.
SELECT
    trace_id,
    span_id,
    substring(asked, 1, ${most}) AS asked,
    substring(answered, 1, ${most}) AS answered,
    substring(said, 1, ${most}) AS said
FROM span_texts
WHERE time >= fromUnixTimestamp64Nano(toInt64(${first_ns})) AND time <= fromUnixTimestamp64Nano(toInt64(${last_ns}))
    AND (trace_id, span_id) IN
    (
        SELECT s.trace_id, s.span_id
        FROM agent_spans_rows AS s
        WHERE s.segment IN (${segments}) AND sipHash64(s.tenant, s.trace_id, s.span_id) IN (${keys})
    )
