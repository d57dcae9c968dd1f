-- The most expensive runs of a time, by what a scope spent in them. The inner query finds the runs first,
-- because the cost of one run is spread over several rows.
SELECT
    tenant,
    run_id,
    toString(sumIf(r.cost, mine)) AS cost,
    sumIf(r.unpriced, mine) AS unpriced,
    toUnixTimestamp64Nano(minIf(r.first_seen, mine)) AS first_ns,
    max(r.ended) AS over
FROM
(
    SELECT
        *,
        ({agent:String} = '' OR agent = {agent:String})
            AND ({cohort:String} = '' OR cohort = {cohort:String}) AS mine
    FROM agent_runs
    WHERE ({tenant:String} = '' OR tenant = {tenant:String})
        AND run_id IN
        (
            SELECT run_id
            FROM agent_runs
            WHERE last_seen >= toDateTime64({since:UInt32}, 9)
                AND first_seen < toDateTime64({until:UInt32}, 9)
                AND ({tenant:String} = '' OR tenant = {tenant:String})
                AND ({agent:String} = '' OR agent = {agent:String})
                AND ({cohort:String} = '' OR cohort = {cohort:String})
        )
) AS r
GROUP BY tenant, run_id
HAVING sumIf(r.cost, mine) >= toDecimal128({least:String}, 12) AND countIf(mine) > 0
    AND sumIf(r.cost, mine) > 0
ORDER BY sumIf(r.cost, mine) DESC, run_id
LIMIT {most:UInt32}
