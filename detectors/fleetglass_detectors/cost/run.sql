-- The trace of a run, and where its last spans are.
SELECT
    sipHash64(s.tenant, s.trace_id) AS run,
    s.trace_id AS trace_id,
    toUnixTimestamp64Nano(min(s.start_time)) AS first_ns,
    max(toUnixTimestamp64Nano(s.start_time) + s.duration_ns) AS last_ns,
    argMax(s.segment, s.start_time) AS segment,
    argMax(sipHash64(s.tenant, s.trace_id, s.span_id), s.start_time) AS span
FROM agent_spans AS s
WHERE s.tenant = {tenant:String} AND s.run_id = {run:String}
GROUP BY s.tenant, s.trace_id
ORDER BY sum(ifNull(s.cost, 0)) DESC
LIMIT 1
