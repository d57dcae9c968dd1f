-- The history of an incident: what the detectors reported and what people did.
SELECT toString(at) AS at, what, by, why
FROM
(
    SELECT updated_at AS at, concat(change, ': ', summary) AS what, 'fleetglass' AS by, '' AS why
    FROM incidents_rows FINAL
    WHERE tenant = {tenant:String} AND id = {id:UInt64}
    UNION ALL
    SELECT at, if(action = 'silence', concat('silence until ', toString(until)), action), by, why
    FROM incident_actions FINAL
    WHERE tenant = {tenant:String} AND incident = {id:UInt64}
) AS changes
ORDER BY changes.at
LIMIT 1000
