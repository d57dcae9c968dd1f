-- How many runs of each key began, by the minute.
SELECT toUnixTimestamp(toStartOfMinute(c.first_seen)) AS minute, tenant, key.1 AS about, key.2 AS name, uniqExact(c.run_id) AS runs
FROM
(
    SELECT
        r.tenant AS tenant,
        r.run_id AS run_id,
        r.agent AS agent,
        r.cohort AS cohort,
        r.model AS model,
        min(r.first_seen) AS first_seen
    FROM agent_runs AS r
    WHERE r.day >= toDate('${since}') - 1 AND (r.tenant, r.run_id) IN
    (
        SELECT t.tenant, t.run_id
        FROM agent_runs AS t
        WHERE t.day >= toDate('${since}') - 1 AND t.day <= toDate('${until}') + 1
            AND t.first_seen >= toDateTime64('${since}', 9, 'UTC') AND t.first_seen < toDateTime64('${until}', 9, 'UTC')
    )
    GROUP BY tenant, run_id, agent, cohort, model
    HAVING sum(r.spans) != 0
) AS c
ARRAY JOIN [('agent', c.agent), ('cohort', c.cohort), ('model', c.model), ('tenant', c.tenant)] AS key
WHERE key.2 != '' AND c.first_seen >= toDateTime64('${since}', 9, 'UTC') AND c.first_seen < toDateTime64('${until}', 9, 'UTC')
GROUP BY minute, tenant, about, name
ORDER BY minute, tenant, about, name
