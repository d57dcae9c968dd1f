-- The names of the run, agent and tool of each signal.
SELECT
    sipHash64(s.tenant, s.trace_id) AS run,
    any(s.tenant) AS tenant,
    any(s.trace_id) AS trace_id,
    any(s.run_id) AS run_id,
    anyIf(s.agent, sipHash64(s.tenant, s.trace_id, s.span_id) IN (${spans})) AS agent,
    anyIf(s.tool, sipHash64(s.tenant, s.trace_id, s.span_id) IN (${spans})) AS tool
FROM agent_spans AS s
WHERE s.segment IN (${segments}) AND sipHash64(s.tenant, s.trace_id) IN (${runs})
GROUP BY run
