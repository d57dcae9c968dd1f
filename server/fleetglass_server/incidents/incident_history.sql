-- The history of an incident: what the detectors reported and what people did. A change stands there once, when it was
-- first written: detectors that were killed write it again, and a row without a change brings only the cost up to date.
SELECT toString(at) AS at, what, by, why
FROM
(
    SELECT updated_at AS at, concat(change, ': ', summary) AS what, 'fleetglass' AS by, '' AS why
    FROM
    (
        SELECT
            *,
            concat(toString(opened), change) AS turn,
            lagInFrame(turn) OVER (
                PARTITION BY change = 'continues'
                ORDER BY version
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS turn_before
        FROM incidents_rows FINAL
        WHERE tenant = {tenant:String} AND id = {id:UInt64} AND change != ''
    )
    WHERE change = 'continues' OR turn != turn_before
    UNION ALL
    SELECT at, if(action = 'silence', concat('silence until ', toString(until)), action), by, why
    FROM incident_actions FINAL
    WHERE tenant = {tenant:String} AND incident = {id:UInt64}
) AS changes
ORDER BY changes.at
LIMIT 1000
