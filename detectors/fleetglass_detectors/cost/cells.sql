-- What the runs that began in a period used and cost, by agent, cohort and model.
SELECT
    c.agent AS agent,
    c.cohort AS cohort,
    c.model AS model,
    uniqExact(c.run_id) AS runs,
    sum(c.input_tokens) AS input_tokens,
    sum(c.output_tokens) AS output_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.calls) AS calls,
    sum(c.failed_calls) AS failed_calls,
    toString(sum(c.cost)) AS cost,
    arraySlice(arrayMap(pair -> pair.2, arrayReverseSort(groupArray((c.cost, c.run_id)))), 1, ${top}) AS most_expensive
FROM
(
    SELECT
        r.run_id AS run_id,
        r.agent AS agent,
        r.cohort AS cohort,
        r.model AS model,
        sum(r.input_tokens) AS input_tokens,
        sum(r.output_tokens) AS output_tokens,
        sum(r.cache_read_tokens) AS cache_read_tokens,
        sum(r.calls) AS calls,
        sum(r.failed_calls) AS failed_calls,
        sum(r.cost) AS cost
    FROM agent_runs AS r
    WHERE r.tenant = {tenant:String} AND r.day >= toDate('${since}') - 1 AND r.day <= toDate('${until}') + 7
    GROUP BY run_id, agent, cohort, model
    HAVING sum(r.spans) != 0
        AND min(r.first_seen) >= toDateTime64('${since}', 9, 'UTC') AND min(r.first_seen) < toDateTime64('${until}', 9, 'UTC')
) AS c
GROUP BY agent, cohort, model
ORDER BY agent, cohort, model
