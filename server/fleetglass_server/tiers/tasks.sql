-- The tasks of each agent: a run in which it did something, by version, model and prompt.
SELECT
    tenant,
    agent,
    cohort,
    agent_version AS version,
    trace_id,
    any(run_id) AS run_id,
    argMaxIf(model, start_time, model != '') AS model,
    argMaxIf(prompt_version, start_time, prompt_version != '') AS prompt,
    toUnixTimestamp64Nano(max(start_time)) AS at_ns,
    groupUniqArrayIf(64)(
        (toString(firstNonDefault(tool, handoff_to)), toString(action)),
        tool != '' OR handoff_to != '' OR action != '') AS done,
    countIf(kind = 'agent' AND is_error) > 0 AS failed
FROM agent_spans
WHERE start_time > now() - toIntervalSecond({seconds:UInt32})
    AND agent != '' AND ({agent:String} = '' OR agent = {agent:String})
GROUP BY tenant, agent, cohort, version, trace_id
ORDER BY at_ns
LIMIT {most:UInt32}
