-- Each request of an agent with what was decided about it. Of several decisions the first counts.
CREATE OR REPLACE VIEW approvals${on_cluster} AS
SELECT
    r.*,
    multiIf(d.decided = 0, if(r.ends > now(), 'pending', 'expired'), d.was_granted = 1, 'granted', 'denied') AS state,
    d.who AS decided_by,
    d.reason_given AS why,
    d.decided_at AS decided_at
FROM (SELECT * FROM approval_requests ORDER BY at LIMIT 1 BY tenant, id) AS r
LEFT JOIN
(
    SELECT
        tenant,
        id,
        count() AS decided,
        argMin(granted, at) AS was_granted,
        argMin(by, at) AS who,
        argMin(why, at) AS reason_given,
        min(at) AS decided_at
    FROM approval_decisions
    GROUP BY tenant, id
) AS d ON d.tenant = r.tenant AND d.id = r.id
