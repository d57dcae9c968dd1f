-- What providers said that calls cost, and what the same calls cost here.
SELECT
    toString(s.provider) AS by_provider,
    toString(s.model) AS of_model,
    count() AS calls,
    toString(sum(toDecimal128(s.reported_cost, 12))) AS reported,
    toString(sum(toDecimal128(ifNull(s.cost, 0), 12))) AS dollars
FROM agent_spans AS s
WHERE s.reported_cost > 0 AND s.start_time >= toDateTime({start:UInt32}) AND s.start_time < toDateTime({end:UInt32})
    AND ({tenant:String} = '' OR s.tenant = {tenant:String})
GROUP BY by_provider, of_model
