-- The present state of each incident: what the detectors report, and what people did since it was last opened.
CREATE OR REPLACE VIEW incidents${on_cluster} AS
SELECT
    i.* EXCEPT (version, state, change),
    multiIf(
        said = 'reopen' AND a.acted_at > i.resolved_at, 'open',
        i.state = 'resolved' OR said = 'resolve', 'resolved',
        a.silent_until > now(), 'silenced',
        said = 'ack', 'acknowledged',
        'open') AS state,
    if(a.acted_at >= i.reopened_at, a.act, '') AS said,
    if(said != '', a.who, '') AS said_by,
    if(said != '', a.reason, '') AS said_why,
    a.silent_until AS silent_until,
    -- As people see it and type it. `hex` alone leaves out zeros at the start.
    leftPad(lower(hex(i.id)), 16, '0') AS hex
FROM
(
    SELECT * FROM incidents_rows ORDER BY version DESC LIMIT 1 BY tenant, id
) AS i
LEFT JOIN
(
    SELECT
        tenant,
        incident,
        argMaxIf(action, at, action != 'silence') AS act,
        maxIf(at, action != 'silence') AS acted_at,
        argMaxIf(by, at, action != 'silence') AS who,
        argMaxIf(why, at, action != 'silence') AS reason,
        argMaxIf(until, at, action = 'silence') AS silent_until
    FROM incident_actions
    GROUP BY tenant, incident
) AS a ON a.tenant = i.tenant AND a.incident = i.id
