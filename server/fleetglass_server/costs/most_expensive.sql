-- The runs that cost most in the period, and what the detectors say of them. The sums of whole runs
-- say which to look at, their spans what each cost within the period.
SELECT
    s.run_id AS run,
    any(s.tenant) AS of_tenant,
    toString(argMin(s.agent, (s.parent_span_id != '', s.start_time))) AS by_agent,
    toString(sum(toDecimal128(ifNull(s.cost, 0), 12))) AS dollars,
    countIf(s.kind IN ('llm', 'tool', 'handoff')) AS steps,
    any(said.verdict) AS verdict
FROM agent_spans AS s
LEFT JOIN
(
    SELECT
        i.tenant AS tenant,
        i.run_id AS run_id,
        arrayStringConcat(arraySort(groupUniqArray(concat(i.family, ', ', i.state))), '; ') AS verdict
    FROM incidents AS i
    WHERE i.about = 'run'
    GROUP BY tenant, run_id
) AS said ON said.tenant = s.tenant AND said.run_id = s.run_id
WHERE s.run_id IN
    (
        SELECT r.run_id
        FROM agent_runs AS r
        WHERE r.day >= toDate(toDateTime({start:UInt32})) AND r.day <= toDate(toDateTime({end:UInt32} - 1))
            AND ({tenant:String} = '' OR r.tenant = {tenant:String})
        GROUP BY r.tenant, r.run_id
        HAVING max(r.last_seen) >= toDateTime({start:UInt32}) AND min(r.first_seen) < toDateTime({end:UInt32})
        ORDER BY sum(r.cost) DESC, r.run_id
        LIMIT 50
    )
    AND s.start_time >= toDateTime({start:UInt32}) AND s.start_time < toDateTime({end:UInt32})
    AND ({tenant:String} = '' OR s.tenant = {tenant:String})
GROUP BY s.tenant, s.run_id
HAVING sum(ifNull(s.cost, 0)) > 0
ORDER BY sum(toDecimal128(ifNull(s.cost, 0), 12)) DESC, run
LIMIT {limit:UInt32}
