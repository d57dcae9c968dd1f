-- The runs that had an incident, and how severe it was.
SELECT trace_id, max(severity = 'critical') AS serious
FROM incidents
WHERE trace_id != '' AND first_at > now() - toIntervalSecond({seconds:UInt32})
GROUP BY trace_id
