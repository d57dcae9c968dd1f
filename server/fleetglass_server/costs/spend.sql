-- What each of a dimension used of each model, in the period (`later`) and in the one before.
SELECT
    m.minute >= toDateTime({start:UInt32}) AS later,
    toString(m.${dimension}) AS key,
    toString(m.model) AS of_model,
    toString(sum(m.cost)) AS dollars,
    toString(sum(m.reported_cost)) AS reported,
    sum(m.unpriced) AS without_price,
    sum(m.input_tokens) AS tokens_in,
    sum(m.output_tokens) AS tokens_out,
    sum(m.cache_read_tokens) AS tokens_cached,
    sumIf(m.spans, m.kind = '${kind}') AS calls,
    sumIf(m.errors, m.kind = '${kind}') AS failed_calls
FROM agent_minutes AS m
WHERE m.minute >= toDateTime({before:UInt32}) AND m.minute < toDateTime({end:UInt32})
    AND ({tenant:String} = '' OR m.tenant = {tenant:String})
GROUP BY later, key, of_model
HAVING sum(m.spans) != 0 OR sum(m.cost) != 0
