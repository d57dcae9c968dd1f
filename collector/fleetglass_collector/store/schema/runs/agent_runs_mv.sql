CREATE MATERIALIZED VIEW IF NOT EXISTS agent_runs_mv${on_cluster} TO agent_runs AS
SELECT
    tenant,
    run_id,
    toDate(s.start_time) AS day,
    agent,
    cohort,
    model,
    min(s.start_time) AS first_seen,
    max(fleetglassTime(toUnixTimestamp64Nano(s.start_time) + s.duration_ns)) AS last_seen,
    max(s.parent_span_id = '') AS ended,
    min((if(s.kind = 'agent', s.start_time, toDateTime64('2262-01-01 00:00:00', 9)), toString(s.agent))) AS root,
    sum(toInt64(s.sign)) AS spans,
    sum(s.sign * toInt64(s.kind IN (${step_kinds}))) AS steps,
    sum(s.sign * toInt64(s.is_error)) AS errors,
    sum(s.sign * toInt64(isNull(s.cost))) AS unpriced,
    sum(s.sign * toInt64(s.input_tokens)) AS input_tokens,
    sum(s.sign * toInt64(s.output_tokens)) AS output_tokens,
    sum(toDecimal128(s.sign * ifNull(s.cost, 0), 12)) AS cost,
    sum(s.sign * toInt64(s.kind = 'llm')) AS calls,
    sum(s.sign * toInt64(s.kind = 'llm' AND s.is_error)) AS failed_calls,
    sum(s.sign * toInt64(s.cache_read_tokens)) AS cache_read_tokens,
    max(if(s.kind = 'llm', s.input_tokens, 0)) AS largest_input,
    max(s.segment) AS segment
FROM agent_spans_in AS s
GROUP BY tenant, run_id, day, agent, cohort, model
