-- The incidents that the detectors left open, as they wrote them last.
SELECT
    id,
    tenant,
    family,
    detectors,
    kinds,
    severity,
    agent,
    agents,
    about,
    subject,
    trace_id,
    run_id,
    sipHash64(tenant, trace_id) AS run,
    toUnixTimestamp64Nano(first_at) AS first_ns,
    toUnixTimestamp64Nano(opened_at) AS opened_ns,
    toUnixTimestamp64Nano(reopened_at) AS reopened_ns,
    toUnixTimestamp64Nano(updated_at) AS updated_ns,
    opened,
    spans,
    tokens,
    cost,
    cost_per_hour,
    unpriced,
    summary,
    evidence
FROM
(
    SELECT * FROM incidents_rows ORDER BY version DESC LIMIT 1 BY tenant, id
)
WHERE state = 'open'
