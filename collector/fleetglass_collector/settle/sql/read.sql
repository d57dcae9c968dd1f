-- Spans as columns of numbers, and pieces of their rows as RowBinary, all in one row; see settle/spans.py.
SELECT
    ${numbers},
    arrayStringConcat(groupArray(concat(${row})))
FROM
(
    SELECT
        sipHash64(tenant, trace_id, span_id) AS n_key,
        if(parent_span_id = '', 0, sipHash64(tenant, trace_id, parent_span_id)) AS n_parent,
        sipHash64(tenant, trace_id) AS n_trace,
        segment AS n_segment,
        toUInt64(greatest(0, toUnixTimestamp64Nano(start_time))) AS n_start,
        formatRow('RowBinary', own_agent, own_version, own_id, own_cohort, own_tier, own_prompt) AS identity_own_row,
        formatRow('RowBinary', agent, agent_version, agent_id, cohort, tier, prompt_version) AS identity_row,
        formatRow('RowBinary', run_id, conversation, workflow) AS context_row,
        if(
            empty(held),
            formatRow('RowBinary', input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost, reported_cost),
            formatRow(
                'RowBinary', toUInt64(held[1]), toUInt64(held[2]), toUInt64(held[3]), toUInt64(held[4]), toUInt64(held[5]),
                ${held_cost}, if(held[6] > 0, held[6], NULL)::Nullable(Float64))) AS counted_row,
        formatRow('RowBinary', parent_agent) AS caller_row,
        formatRow('RowBinary', handoff_to) AS target_row,
        formatRow('RowBinary', if(
            empty(held),
            [toFloat64(input_tokens), toFloat64(output_tokens), toFloat64(cache_read_tokens), toFloat64(cache_write_tokens),
                toFloat64(reasoning_tokens), ifNull(reported_cost, 0)],
            held)) AS held_row,
        formatRow('RowBinary', ${rest}) AS rest_row,
        sipHash64(identity_own_row) AS n_identity_own,
        sipHash64(identity_row) AS n_identity_now,
        if(own_agent = '', 0, sipHash64(own_agent)) AS n_agent,
        if(bitTest(own, 1), sipHash64(run_id), 0) AS n_run_own,
        sipHash64(run_id) AS n_run_now,
        if(conversation = '' OR bitTest(own, 15) AND NOT bitTest(own, 2) AND NOT bitTest(own, 11), 0, sipHash64(conversation)) AS n_conversation_own,
        sipHash64(conversation) AS n_conversation_now,
        if(workflow = '' OR bitTest(own, 15) AND NOT bitTest(own, 8), 0, sipHash64(workflow)) AS n_workflow_own,
        sipHash64(workflow) AS n_workflow_now,
        if(tool = '', 0, sipHash64(tool)) AS n_tool,
        arguments_hash AS n_asked,
        if(handoff_to = '' OR bitTest(own, 15) AND NOT bitTest(own, 9), 0, sipHash64(handoff_to)) AS n_target_own,
        if(handoff_to = '', 0, sipHash64(handoff_to)) AS n_target_now,
        if(parent_agent = '' OR bitTest(own, 15) AND NOT bitTest(own, 10), 0, sipHash64(parent_agent)) AS n_caller_own,
        if(parent_agent = '', 0, sipHash64(parent_agent)) AS n_caller_now,
        toUInt64(transform(kind, [${kinds}], [${kind_codes}], ${other})) AS n_kind_now,
        if(bitTest(own, 12), ${tool}, n_kind_now) AS n_kind,
        own AS n_own,
        (notEmpty(held) OR input_tokens + output_tokens > 0 OR ifNull(reported_cost, 0) > 0) + 2 * notEmpty(held) AS n_usage,
        version AS n_version,
        ${lengths}
    FROM
    (
        SELECT
            *,
            if(bitTest(own, 0), agent, '') AS own_agent,
            if(bitTest(own, 15) AND NOT bitTest(own, 3), '', agent_version) AS own_version,
            if(bitTest(own, 15) AND NOT bitTest(own, 4), '', agent_id) AS own_id,
            if(bitTest(own, 15) AND NOT bitTest(own, 5), '', cohort) AS own_cohort,
            if(bitTest(own, 15) AND NOT bitTest(own, 6), '', tier) AS own_tier,
            if(bitTest(own, 15) AND NOT bitTest(own, 7), '', prompt_version) AS own_prompt
        FROM agent_spans_rows FINAL
        WHERE ${where}
    )
    ORDER BY n_segment, n_key
)
