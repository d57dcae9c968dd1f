-- Whose spans there were in a scope.
SELECT tenant
FROM agent_minutes AS m
WHERE minute >= toDateTime({since:UInt32}) AND minute < toDateTime({until:UInt32})
    AND ({agent:String} = '' OR agent = {agent:String})
    AND ({cohort:String} = '' OR cohort = {cohort:String})
GROUP BY tenant
HAVING sum(m.spans) > 0
ORDER BY tenant
