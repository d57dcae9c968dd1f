-- What each agent has been doing: its calls of each tool and each declared action.
SELECT
    agent,
    toString(firstNonDefault(tool, handoff_to)) AS tool,
    toString(action) AS action,
    count() AS calls
FROM agent_spans
WHERE start_time > now() - toIntervalSecond({seconds:UInt32})
    AND agent != '' AND (tool != '' OR handoff_to != '' OR action != '')
GROUP BY agent, tool, action
ORDER BY agent, calls DESC, tool, action
