-- A day of a fleet: spans number ${first} to ${first} + ${count}, twenty a run, as agent_spans_in takes them.
-- Everything follows from the span's number, so that the same spans can be told again.
INSERT INTO agent_spans_in
WITH
    (salt, range) -> sipHash64(number, salt) % range AS chance,
    intDiv(number, 20) AS run,
    number % 20 AS place,
    -- Few agents do most of the work.
    toUInt32(${agents} * pow(sipHash64(run, 'root') % 4096 / 4096, 2)) AS root,
    if(place < 7, root, (root * 7 + intDiv(place, 7) * 11) % ${agents}) AS who,
    (who * 3 + (chance(12, 100) < 25)) % 10 AS model_number,
    (who * 5 + chance(13, 6)) % 30 AS tool_number,
    toInt64(1e8 * exp2(sipHash64(run, 'step') % 4096 / 800)) AS step_ns,
    (of_run, of_place) -> lower(hex(toFixedString(reinterpretAsString(
        bitOr(sipHash64(of_run, of_place), 0x8000000000000000)), 8))) AS id
SELECT
    toInt8(${sign}) AS sign,
    toUInt32(${version}) AS version,
    toUInt8(0) AS is_deleted,
    multiIf(place IN (0, 7, 14), 'agent', place % 2 = 1, 'llm', place = 10, 'other', 'tool') AS kind,
    if(${is_settled} OR kind = 'agent', concat('agent-', toString(who)), service) AS agent,
    concat('2.', toString(who % 5)) AS agent_version,
    concat('asst_', substring(hex(MD5(toString(who))), 1, 12)) AS agent_id,
    concat('cohort-', toString(who % 8)) AS cohort,
    ['assist', 'act', 'autonomous'][1 + who % 3] AS tier,
    concat('p', toString(who), '-v', toString(3 + (chance(1, 100) < 20))) AS prompt_version,
    if(run % 3 = 0, concat('run_', lower(hex(MD5(concat('run', toString(run)))))), trace_id) AS run_id,
    if(run % 4 = 3, '', lower(hex(MD5(concat('conversation', toString(intDiv(run, 4))))))) AS conversation,
    concat('flow-', toString(root % 40)) AS workflow,
    if(kind = 'llm', toUInt64(exp(6 + chance(2, 4096) / 1024)), 0) AS input_tokens,
    if(kind = 'llm', toUInt64(exp(3 + chance(3, 4096) / 1024)), 0) AS output_tokens,
    if(chance(4, 100) < 60, toUInt64(input_tokens * 0.7), 0) AS cache_read_tokens,
    if(chance(4, 100) > 90, intDiv(input_tokens, 2), 0) AS cache_write_tokens,
    if(model_number > 4, intDiv(output_tokens, 3), 0) AS reasoning_tokens,
    (
        (input_tokens - 0.9 * cache_read_tokens + 0.25 * cache_write_tokens) * (1 + model_number)
        + output_tokens * 5 * (1 + model_number)
    ) / 4e6 AS cost,
    NULL AS reported_cost,
    if(place IN (7, 14), concat('agent-', toString(root)), '') AS parent_agent,
    if(place IN (6, 13) AND kind = 'tool', concat('agent-', toString(who)), '') AS handoff_to,
    [] AS held,
    toUInt16(if(kind = 'agent', 1, 0)) AS own,
    'default' AS tenant,
    toUInt64(intDiv(toUnixTimestamp64Nano(start_time) + duration_ns, 1000000000)) * 1000000000 AS segment,
    lower(hex(MD5(toString(run)))) AS trace_id,
    id(run, place) AS span_id,
    if(place = 0, '', id(run, if(place IN (7, 14), 0, intDiv(place, 7) * 7))) AS parent_span_id,
    fromUnixTimestamp64Nano(toInt64(
        ${start_ns} + run * ${run_ns} + place * step_ns + chance(5, 1000000) * 100)) AS start_time,
    toUInt64(multiIf(
        place = 0, 20 * step_ns,
        kind = 'agent', 6 * step_ns,
        kind = 'llm', step_ns * (0.2 + chance(6, 1000) / 500) * (1 + model_number / 5),
        step_ns * 0.05 * exp(chance(6, 4000) / 1000))) AS duration_ns,
    multiIf(
        kind = 'agent', concat('invoke_agent ', agent),
        kind = 'llm', concat('chat ', model),
        kind = 'tool', concat('execute_tool ', tool),
        'step') AS name,
    'production' AS environment,
    concat('agents-', toString(root % 20)) AS service,
    if(kind = 'llm', concat('model-', toString(model_number)), '') AS model,
    if(kind = 'llm', concat(model, '-2026-06-01'), '') AS response_model,
    if(kind = 'llm', ['openai', 'anthropic', 'gcp.gemini'][1 + model_number % 3], '') AS provider,
    '' AS service_tier,
    if(kind = 'tool' AND tool_number % 5 = 0, 'write', '') AS action,
    if(kind = 'tool', concat('tool_', toString(tool_number)), '') AS tool,
    if(kind = 'tool', concat('call_', substring(hex(MD5(concat('call', toString(number)))), 1, 24)), '') AS tool_call_id,
    if(kind = 'tool', sipHash64(tool_number, if(chance(7, 10) < 3, 0, number)), 0) AS arguments_hash,
    if(kind = 'tool', sipHash64(tool_number, who % 3), 0) AS arguments_shape,
    if(kind = 'tool', sipHash64(if(chance(8, 10) < 3, 0, number), 'result'), 0) AS result_hash,
    if(kind IN ('llm', 'agent'), sipHash64(number, 'output'), 0) AS output_hash,
    chance(9, 1000) < if(kind = 'tool', 60, 10) AS is_error,
    if(is_error, ['timeout', 'RateLimitError', 'ValueError', '_OTHER'][1 + chance(10, 4)], '') AS error_type,
    if(kind = 'llm', if(chance(11, 10) < 6, 'tool_calls', 'stop'), '') AS finish_reason
FROM numbers(${first}, ${count})
WHERE segment <= ${now_ns} AND ${which}
