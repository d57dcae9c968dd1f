-- The runs of the last days in which tools were called or actions declared, with the segments they came in.
SELECT
    sipHash64(tenant, trace_id) AS run,
    groupUniqArray(segment) AS segments
FROM agent_spans_rows
WHERE start_time > now() - toIntervalSecond({seconds:UInt32})
    AND (tool != '' OR handoff_to != '' OR action != '')
GROUP BY run
ORDER BY max(segment) DESC
LIMIT {most:UInt32}
