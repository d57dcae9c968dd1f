-- Incidents as people get them, worst first. An empty filter matches everything.
SELECT
    i.hex AS id,
    state,
    severity,
    family,
    detectors,
    kinds,
    tenant,
    about,
    i.subject AS subject,
    agent,
    agents,
    trace_id AS run,
    run_id,
    toString(i.first_at) AS first_at,
    toString(i.opened_at) AS opened_at,
    toString(i.updated_at) AS updated_at,
    if(i.state = 'resolved' AND i.resolved_at >= i.reopened_at, toString(i.resolved_at), '') AS resolved_at,
    opened,
    spans,
    tokens,
    cost AS cost_usd,
    cost_per_hour AS usd_per_hour,
    unpriced,
    summary,
    evidence,
    said,
    said_by,
    said_why,
    if(i.silent_until > now(), toString(i.silent_until), '') AS silent_until
FROM incidents AS i
WHERE ({tenant:String} = '' OR tenant = {tenant:String})
    AND startsWith(i.hex, {id:String})
    AND ({state:String} = '' OR state = {state:String})
    AND ({resolved:UInt8} OR state != 'resolved')
ORDER BY severity = 'critical' DESC, i.updated_at DESC
LIMIT {limit:UInt32}
