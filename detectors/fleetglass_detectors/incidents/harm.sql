-- What each run did and cost since its problem began, and the names of some of its spans.
SELECT
    run,
    countIf(since) AS spans,
    sumIf(s.input_tokens + s.output_tokens, since) AS tokens,
    sumIf(ifNull(toFloat64(s.cost), 0), since) AS cost,
    countIf(since AND isNull(s.cost)) AS unpriced,
    max(at_ns + s.duration_ns) AS last_ns,
    groupUniqArrayIf(64)(s.agent, since AND s.agent != '') AS agents,
    sumMapIf(
        map(concat(firstNonDefault(s.tool, s.handoff_to), '\n', s.action), toUInt64(1)),
        since AND NOT is_error AND (s.tool != '' OR s.action != '')) AS done,
    countIf(NOT since AND is_step) + 1 AS first_step,
    countIf(is_step) AS last_step,
    groupArrayIf(64)((key, s.span_id, what), key IN (${spans})) AS span_names,
    countIf(since AND is_step AND is_error) AS failed,
    topKIf(1)(s.error_type, since AND is_step AND is_error)[1] AS error,
    maxIf(at_ns, NOT since AND is_step) AS new_ns
FROM
(
    SELECT
        *,
        sipHash64(tenant, trace_id) AS run,
        sipHash64(tenant, trace_id, span_id) AS key,
        toUnixTimestamp64Nano(start_time) AS at_ns,
        kind IN ('tool', 'llm', 'retrieval', 'handoff') AS is_step,
        at_ns >= transform(run, [${runs}], [${firsts}], toInt64(0)) AS since,
        multiIf(tool != '', tool, handoff_to != '', handoff_to, model != '', model, name) AS what
    FROM agent_spans
    WHERE trace_id IN (${traces})
) AS s
GROUP BY run
