-- Runs, and all that each has cost so far, for every key that it counts to. Which runs: by the segments that
-- brought spans of them. What was taken back leaves cells without spans.
SELECT
    sipHash64(tenant, run_id) AS number,
    tenant,
    key.1 AS about,
    key.2 AS name,
    run_id,
    toFloat64(sum(c.cost)) AS cost,
    sum(c.unpriced) AS unpriced,
    sum(c.tokens) AS tokens,
    sum(c.input_tokens) AS input_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.calls) AS calls,
    sum(c.failed_calls) AS failed_calls,
    max(c.largest_input) AS largest_input,
    max(c.run_ended) AS ended
FROM
(
    SELECT
        r.tenant AS tenant,
        r.run_id AS run_id,
        r.agent AS agent,
        r.cohort AS cohort,
        r.model AS model,
        sum(r.cost) AS cost,
        sum(r.unpriced) AS unpriced,
        sum(r.input_tokens + r.output_tokens) AS tokens,
        sum(r.input_tokens) AS input_tokens,
        sum(r.cache_read_tokens) AS cache_read_tokens,
        sum(r.calls) AS calls,
        sum(r.failed_calls) AS failed_calls,
        max(r.largest_input) AS largest_input,
        max(max(r.ended)) OVER (PARTITION BY tenant, run_id) AS run_ended
    FROM agent_runs AS r
    WHERE r.day >= toDate('${since_day}') AND (r.tenant, r.run_id) IN
    (
        SELECT t.tenant, t.run_id
        FROM agent_runs AS t
        WHERE t.day >= toDate('${since_day}') AND t.segment > ${after}
        GROUP BY t.tenant, t.run_id
        HAVING min(t.segment) <= ${up_to} AND max(t.segment) <= ${quiet_since}
    )
    GROUP BY tenant, run_id, agent, cohort, model
    HAVING sum(r.spans) != 0
) AS c
ARRAY JOIN [('agent', c.agent), ('cohort', c.cohort), ('model', c.model), ('tenant', c.tenant)] AS key
WHERE key.2 != ''
GROUP BY tenant, about, name, run_id
ORDER BY tenant, about, name, run_id
