-- Tokens of calls that failed.
SELECT
    s.start_time >= toDateTime({start:UInt32}) AS later,
    toString(s.${dimension}) AS key,
    toString(s.model) AS of_model,
    sum(s.input_tokens + s.output_tokens) AS tokens
FROM agent_spans AS s
WHERE s.is_error AND s.kind = 'llm'
    AND s.start_time >= toDateTime({before:UInt32}) AND s.start_time < toDateTime({end:UInt32})
    AND ({tenant:String} = '' OR s.tenant = {tenant:String})
GROUP BY later, key, of_model
HAVING tokens > 0
