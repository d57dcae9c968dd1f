-- What calls cost here, by the quarter of an hour: every time zone's days are made of these.
SELECT
    intDiv(toUnixTimestamp(m.minute), 900) * 900 AS at,
    toString(m.provider) AS by_provider,
    toString(m.model) AS of_model,
    toString(sum(m.cost)) AS dollars,
    sum(m.input_tokens) + sum(m.output_tokens) AS tokens,
    sum(m.unpriced) AS without_price,
    sumIf(m.errors, m.kind = 'llm') AS failed_calls
FROM agent_minutes AS m
WHERE m.minute >= toDateTime({start:UInt32}) AND m.minute < toDateTime({end:UInt32})
    AND ({tenant:String} = '' OR m.tenant = {tenant:String})
GROUP BY at, by_provider, of_model
HAVING sum(m.cost) != 0 OR tokens != 0 OR without_price != 0
