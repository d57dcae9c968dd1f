-- The agents, tools and declared actions of some segments, by the hashes that detectors know them by.
SELECT DISTINCT
    sipHash64(s.tenant, s.agent) AS agent_hash,
    sipHash64(firstNonDefault(s.tool, s.handoff_to)) * notEmpty(firstNonDefault(s.tool, s.handoff_to)) AS tool_hash,
    sipHash64(s.action) * notEmpty(s.action) AS action_hash,
    toString(s.agent) AS agent,
    toString(firstNonDefault(s.tool, s.handoff_to)) AS tool,
    toString(s.action) AS action
FROM agent_spans_rows AS s
WHERE s.segment IN (${segments}) AND (s.tool != '' OR s.handoff_to != '' OR s.action != '')
