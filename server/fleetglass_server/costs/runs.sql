-- How many runs were at work, in the period and in the one before: of each of a dimension, and in all.
-- A run is at work from its first span of a day to its last; one that spans both periods counts in both.
SELECT
    grouping(key) AS is_all,
    key,
    uniqExactIf(tenant, run_id, cell.seen >= toDateTime({start:UInt32})) AS runs,
    uniqExactIf(tenant, run_id, cell.began < toDateTime({start:UInt32})) AS runs_before
FROM
(
    SELECT
        r.tenant AS tenant,
        r.run_id AS run_id,
        toString(r.${dimension}) AS key,
        min(r.first_seen) AS began,
        max(r.last_seen) AS seen
    FROM agent_runs AS r
    WHERE r.day >= toDate(toDateTime({before:UInt32})) AND r.day <= toDate(toDateTime({end:UInt32} - 1))
        AND ({tenant:String} = '' OR r.tenant = {tenant:String})
    GROUP BY r.tenant, r.day, r.run_id, r.agent, r.cohort, r.model
    HAVING sum(r.spans) != 0
) AS cell
WHERE cell.began < toDateTime({end:UInt32}) AND cell.seen >= toDateTime({before:UInt32})
GROUP BY GROUPING SETS ((key), ())
