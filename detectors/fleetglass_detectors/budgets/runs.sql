-- The dearest runs that were seen since some moment, by what a scope spent in them. Which runs those are is
-- asked first: what is known of each lies in several rows.
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
