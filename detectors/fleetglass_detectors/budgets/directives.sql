-- The latest directive of each person and budget to each scope, and the times of the first and the last one.
-- A budget's are of one period when they end together. What has ended matters where nothing came after it:
-- then nothing holds. What was said of a version is no budget's.
SELECT *
FROM
(
    SELECT
        tenant,
        agent,
        cohort,
        by,
        toUnixTimestamp(until) AS ends,
        argMax(action, at) AS action,
        argMax(every_s, at) AS every_s,
        toUnixTimestamp64Micro(min(at)) AS first_us,
        toUnixTimestamp64Micro(max(at)) AS last_us,
        max(last_us) OVER (PARTITION BY tenant, agent, cohort) AS latest_us
    FROM directives
    WHERE version = ''
    GROUP BY tenant, agent, cohort, by, until
)
WHERE ends = 0 OR ends > toUnixTimestamp(now()) OR last_us = latest_us
ORDER BY last_us
