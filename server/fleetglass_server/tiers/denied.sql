-- The runs in which a person denied what an agent asked for.
SELECT DISTINCT trace_id
FROM approvals
WHERE state = 'denied' AND trace_id != '' AND at > now() - toIntervalSecond({seconds:UInt32})
