-- All spans of the traces that some runs are, as far as they have arrived, without their words.
SELECT
    sipHash64(s.tenant, s.trace_id) AS run,
    sipHash64(s.tenant, s.trace_id, s.span_id) AS key,
    s.segment,
    s.tenant,
    s.trace_id,
    s.span_id,
    s.parent_span_id,
    toUnixTimestamp64Nano(s.start_time) AS start_ns,
    toUnixTimestamp64Nano(s.start_time) + s.duration_ns AS end_ns,
    s.kind,
    s.name,
    s.agent,
    s.cohort,
    s.tier,
    firstNonDefault(s.tool, s.handoff_to) AS tool,
    s.action,
    s.is_error AS failed
FROM agent_spans AS s
WHERE (s.tenant, s.trace_id) IN
(
    SELECT r.tenant, r.trace_id
    FROM agent_spans_rows AS r
    WHERE r.segment IN (${segments}) AND sipHash64(r.tenant, r.trace_id) IN (${runs})
)
ORDER BY start_ns, key
LIMIT ${most_spans} BY run
