-- How a run is now: whether its agent's span has ended, when it was last heard of, who it is.
SELECT
    countIf(kind = 'agent' AND parent_span_id = '') > 0 AS is_over,
    toString(max(start_time)) AS last_at,
    dateDiff('second', max(start_time), now64(9)) AS ago_s,
    anyLastIf(agent_version, agent = {agent:String}) AS version,
    anyLastIf(cohort, agent = {agent:String}) AS cohort
FROM agent_spans
WHERE trace_id = {run:String}
