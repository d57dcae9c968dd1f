-- What was spent in a scope, over all kinds of spans as the panels sum it: by the minute since `fine`, by
-- `step` seconds before that. Costs as text, for they are exact.
SELECT
    toInt64({since:UInt32}) + intDiv(toUnixTimestamp(minute) - {since:UInt32}, wide) * wide AS at,
    toString(sum(m.cost)) AS cost,
    sum(m.unpriced) AS unpriced,
    if(toUnixTimestamp(minute) >= {fine:UInt32}, 60, {step:UInt32}) AS wide
FROM agent_minutes AS m
WHERE minute >= toDateTime({since:UInt32}) AND minute < toDateTime({until:UInt32})
    AND ({tenant:String} = '' OR tenant = {tenant:String})
    AND ({agent:String} = '' OR agent = {agent:String})
    AND ({cohort:String} = '' OR cohort = {cohort:String})
GROUP BY at, wide
ORDER BY at
