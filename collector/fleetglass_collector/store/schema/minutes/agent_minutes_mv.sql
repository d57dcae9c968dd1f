CREATE MATERIALIZED VIEW IF NOT EXISTS agent_minutes_mv${on_cluster} TO agent_minutes AS
SELECT
    tenant,
    toStartOfMinute(s.start_time) AS minute,
    kind,
    agent,
    agent_version,
    cohort,
    environment,
    service,
    workflow,
    model,
    provider,
    prompt_version,
    tier,
    action,
    tool,
    sum(toInt64(s.sign)) AS spans,
    sum(s.sign * toInt64(s.is_error)) AS errors,
    sum(s.sign * toInt64(isNull(s.cost))) AS unpriced,
    sum(s.sign * toInt64(s.input_tokens)) AS input_tokens,
    sum(s.sign * toInt64(s.output_tokens)) AS output_tokens,
    sum(s.sign * toInt64(s.cache_read_tokens)) AS cache_read_tokens,
    sum(s.sign * toInt64(s.cache_write_tokens)) AS cache_write_tokens,
    sum(s.sign * toInt64(s.reasoning_tokens)) AS reasoning_tokens,
    sum(toDecimal128(s.sign * ifNull(s.cost, 0), 12)) AS cost,
    sum(toDecimal128(s.sign * ifNull(s.reported_cost, 0), 12)) AS reported_cost,
    sum(s.sign * toInt64(s.duration_ns)) AS duration_ns,
    -- A bucket may occur more than once: merges and sums add it up. (Half the work of `sumMap`.)
    CAST((groupArray(fleetglassBucket(s.duration_ns)), groupArray(toInt64(s.sign))), 'Map(UInt16, Int64)') AS durations
FROM agent_spans_in AS s
GROUP BY
    tenant, minute, kind, agent, agent_version, cohort, environment, service, workflow, model, provider,
    prompt_version, tier, action, tool
