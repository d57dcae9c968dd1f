-- Turns a span's facts into a row of agent_spans_in, whatever the dialect. From the inside out: which kind of work it is,
-- who did it, what came of it. The database analyses this query for every insert. It repeats the analysis for every use
-- of a name inside the query that defines the name. So each query only names what the one inside it computes, and there
-- are few of them.
-- Last, a span takes what it leaves out from the agent right above it, if both come in the same insert. Settling would do
-- the same, but would have to write the row again.
CREATE MATERIALIZED VIEW IF NOT EXISTS agent_spans_from_facts${on_cluster} TO agent_spans_in AS
SELECT * EXCEPT agents REPLACE (
    if(${has_own_agent}, agent, firstNonDefault(${above_agent}, agent)) AS agent,
    if((NOT ${has_own_agent} OR agent = ${above_agent}), firstNonDefault(agent_version, ${above_agent_version}), agent_version) AS agent_version,
    if((NOT ${has_own_agent} OR agent = ${above_agent}), firstNonDefault(agent_id, ${above_agent_id}), agent_id) AS agent_id,
    if((NOT ${has_own_agent} OR agent = ${above_agent}), firstNonDefault(cohort, ${above_cohort}), cohort) AS cohort,
    if((NOT ${has_own_agent} OR agent = ${above_agent}), firstNonDefault(tier, ${above_tier}), tier) AS tier,
    if((NOT ${has_own_agent} OR agent = ${above_agent}), firstNonDefault(prompt_version, ${above_prompt_version}), prompt_version) AS prompt_version,
    if(${has_own_run}, run_id, firstNonDefault(${above_run_id}, run_id)) AS run_id,
    if(${has_own_session}, conversation, firstNonDefault(${above_conversation}, conversation)) AS conversation,
    firstNonDefault(workflow, ${above_workflow}) AS workflow,
    if(kind = 'agent', firstNonDefault(parent_agent, ${above_agent}), '') AS parent_agent,
    if(${above_agent} = '', own, toUInt16(
        ${bit_settled} + own + ${bits_as_it_arrives}
        + ${bit_conversation} * (conversation != '' AND (${has_own_session} OR ${above_conversation} = '')))) AS own)
FROM
(
    SELECT
        *,
        groupArrayIf(16)(
            ${passed_on},
            kind = 'agent' AND ${has_own_agent}) OVER (PARTITION BY tenant, trace_id) AS agents
    FROM
    (
        SELECT
            toInt8(1) AS sign,
            toUInt32(0) AS version,
            toUInt8(0) AS is_deleted,
            tenant,
            segment,
            trace_id,
            span_id,
            parent_span_id,
            fleetglassTime(start_ns) AS start_time,
            -- A hundred days at most, so that the sum of absurd durations does not overflow.
            least(toUInt64(greatest(end_ns, start_ns) - start_ns), 8640000000000000) AS duration_ns,
            kind,
            name,
            firstNonDefault(own_agent, r_service, 'unknown') AS agent,
            firstNonDefault(f_agent_version, r_agent_version) AS agent_version,
            firstNonDefault(f_agent_id, r_agent_id) AS agent_id,
            if(kind = 'agent', f_caller, '') AS parent_agent,
            firstNonDefault(f_cohort, r_cohort) AS cohort,
            firstNonDefault(f_environment, r_environment) AS environment,
            r_service AS service,
            firstNonDefault(own_run, trace_id) AS run_id,
            firstNonDefault(own_session, f_conversation, messages_of) AS conversation,
            firstNonDefault(f_workflow, f_workflow_run, if(kind = 'workflow', name, '')) AS workflow,
            if(is_call OR is_held, firstNonDefault(f_model, f_response_model), '') AS model,
            if(is_call OR is_held, f_response_model, '') AS response_model,
            if(is_call, provider_named, '') AS provider,
            if(is_call, f_service_tier, '') AS service_tier,
            firstNonDefault(f_prompt_version, r_prompt_version) AS prompt_version,
            firstNonDefault(f_tier, r_tier) AS tier,
            f_action AS action,
            tool,
            if(startsWith(f_call_id, '<'), '', f_call_id) AS tool_call_id,
            fleetglassHash(tool, arguments) AS arguments_hash,
            fleetglassShape(tool, arguments) AS arguments_shape,
            fleetglassHash('', result) AS result_hash,
            sipHash64Keyed(${secret_key}, output) * notEmpty(output) AS output_hash,
            toUInt64(used_input * is_call) AS input_tokens,
            toUInt64(used_output * is_call) AS output_tokens,
            toUInt64(read * is_call) AS cache_read_tokens,
            toUInt64(written * is_call) AS cache_write_tokens,
            toUInt64(reasoning * is_call) AS reasoning_tokens,
            ifNull(
                fleetglassCostByKey(
                    price_key, usual_price, toUnixTimestamp(start_time), input_tokens, output_tokens, cache_read_tokens,
                    cache_write_tokens, reasoning_tokens, 0, 0, 0) * is_used,
                if(is_call AND is_used, NULL, 0.)) AS cost,
            if(is_call AND paid > 0, paid, NULL) AS reported_cost,
            is_failed AS is_error,
            if(is_failed, firstNonDefault(f_error_type, ${event_exception_type}, '_OTHER'), '') AS error_type,
            if(is_call, firstNonDefault(finish, ${event_choice_finish}), '') AS finish_reason,
            multiIf(
                kind NOT IN ('handoff', 'tool'), '',
                f_target != '' OR kind = 'tool', f_target,
                startsWith(name, 'handoff to '), substring(name, 12),
                match(tool, '_to_agent$$|^handoff$$|^transfer$$'), fleetglassTarget(arguments),
                replaceRegexpOne(tool, '^.*_to_', '')) AS handoff_to,
            toUInt16(
                ${bit_agent} * (own_agent != '') + ${bit_run} * (own_run != '') + ${bit_session} * (own_session != '')) AS own,
            if(is_held, [used_input, used_output, read, written, reasoning, paid], []) AS held
        FROM
        (
            SELECT
                *,
                kind IN (${call_kinds}) AS is_call,
                fleetglassUsualPrice(price_key) AS usual_price,
                used_input + used_output + paid > 0 AS is_used,
                used_input + used_output + paid > 0 AND kind IN (${container_kinds}) AS is_held,
                firstNonDefault(
                    f_agent, chain_agent, r_agent,
                    multiIf(
                        kind != 'agent', '',
                        f_node != '', f_node,
                        word != 'agent', multiIf(
                            startsWith(name, 'invoke_agent '), substring(name, 14),
                            startsWith(name, 'agent_run ['), bracketed,
                            ''),
                        f_traceloop_kind = 'agent', f_entity,
                        stem)) AS own_agent,
                multiIf(
                    kind NOT IN (${tool_kinds}), '',
                    called != '', called,
                    f_traceloop_kind = 'tool', f_entity,
                    named_kind = 'tool' AND NOT startsWith(name, 'handoff to '), name,
                    '') AS tool,
                fleetglassRecorded(fleetglassUnwrapped(wrapped_arguments)) AS arguments,
                fleetglassRecorded(fleetglassUnwrapped(wrapped_result)) AS result,
                fleetglassWithoutIds(fleetglassRecorded(last_output)) AS output
            FROM
            (
                SELECT
                    *,
                    if(
                        kind IN (${tool_kinds}),
                        firstNonDefault(if(is_schema, '', f_arguments), f_input, ${event_tool_message}),
                        '') AS wrapped_arguments,
                    if(
                        kind IN (${tool_kinds}),
                        firstNonDefault(f_result, f_output, ${event_choice}),
                        '') AS wrapped_result,
                    if(kind IN (${answering_kinds}), firstNonDefault(f_output, ${event_choice}), '') AS last_output,
                    fleetglassPriceKey(
                        provider_named,
                        fleetglassPricedModel(
                            provider_named,
                            if(kind IN (${call_kinds}), firstNonDefault(f_model, f_response_model), ''),
                            if(kind IN (${call_kinds}), f_response_model, '')),
                        f_service_tier) AS price_key
                FROM
                (
                    SELECT
                        *,
                        multiIf(
                            -- It repeats the answers of tools that ran side by side.
                            f_tool = '(merged tools)', 'other',
                            named_kind = 'agent', if(
                                word = 'agent' AND parent_span_id = '' AND f_agent = '' AND f_node = ''
                                    AND stem = name
                                    AND firstNonDefault(f_own_kind, f_langfuse_type, f_traceloop_kind) = '',
                                'workflow',
                                'agent'),
                            named_kind = 'tool' OR named_kind = '' AND (called != '' OR f_call_id != ''), if(
                                f_transfer_mode = 'pass_control' OR startsWith(name, 'handoff to ')
                                    OR match(called, '^(transfer|handoff|hand_off)(_to_|$$)'),
                                'handoff',
                                'tool'),
                            named_kind != '', named_kind,
                            word = 'chain', multiIf(
                                chain_agent != '' AND name = chain_agent, 'agent', parent_span_id = '', 'workflow', 'other'),
                            f_workflow_run != '', 'workflow',
                            f_model != '' AND input + output_all > 0, 'llm',
                            'other')::LowCardinality(String) AS kind,
                        multiIf(
                            input = 0 AND output_all = 0, greatest(total, read + written),
                            -- Cached tokens are a part of the input or come on top of it. They come on top if the total is the
                            -- sum of all, if they are more than the input, and in Langfuse's details.
                            has_details OR read + written > input OR read + written > 0 AND total = input + output_all + read + written,
                            input + read + written,
                            input) AS used_input,
                        -- Reasoning on top of the output, in the same way.
                        if(has_details OR reasoning > output_all, output_all + reasoning, output_all) AS used_output
                    FROM
                    (
                        SELECT
                            *,
                            transform(word, [${kind_words}], [${word_kinds}], '') AS named_kind,
                            firstNonDefault(
                                f_tool,
                                multiIf(
                                    startsWith(name, 'execute_tool ') OR startsWith(name, 'tools/call '),
                                    replaceRegexpOne(name, '^[^ ]* ', ''),
                                    startsWith(name, 'tool_call ['), bracketed,
                                    '')) AS called,
                            -- A trace of messages that stands alone is a part of the run that the messages belong to.
                            firstNonDefault(f_run, if(parent_span_id = '', messages_of, '')) AS own_run,
                            if(word = 'agent', replaceRegexpOne(name, '(\\.run|\\._execute_core|\\.invoke)$$', ''), name) AS stem,
                            firstNonDefault(f_input_tokens, details['input'], details['input_tokens'], details['prompt_tokens']) AS input,
                            firstNonDefault(f_output_tokens, details['output'], details['output_tokens'], details['completion_tokens']) AS output_all,
                            firstNonDefault(f_total_tokens, details['total'], details['total_tokens']) AS total,
                            firstNonDefault( f_cache_read_tokens, details['cache_read_input_tokens'], details['input_cached_tokens'], details['input_cache_read']) AS read,
                            firstNonDefault( f_cache_write_tokens, details['cache_creation_input_tokens'], details['input_cache_creation']) AS written,
                            firstNonDefault( f_reasoning_tokens, details['output_reasoning_tokens'], details['output_reasoning']) AS reasoning,
                            firstNonDefault(f_reported_cost, if(total_cost >= 0 AND total_cost <= 1e9, total_cost, 0)) AS paid
                        FROM
                        (
                            SELECT
                                *,
                                -- `greatest`, because OR would evaluate its sides one by one, row by row.
                                greatest(
                                    failed, has_exception, f_error_type != '', f_tool_status = 'error', f_level = 'ERROR') AS is_failed,
                                lower(firstNonDefault(
                                    f_own_kind,
                                    if(f_langfuse_type IN ('span', 'event'), '', f_langfuse_type),
                                    f_openinference_kind,
                                    f_operation,
                                    f_traceloop_kind,
                                    f_request_type,
                                    splitByChar(' ', f_vercel_operation)[1],
                                    f_mcp_method,
                                    -- Some instrumentations write an agent into nothing but the span's name.
                                    multiIf(
                                        startsWith(name, 'invoke_agent ') OR startsWith(name, 'agent_run ['), 'invoke_agent',
                                        name = 'call_llm' AND f_model != '', 'llm',
                                        ''))) AS word,
                                extract(name, '^[a-z_]+ \\[(.+)\\]$$') AS bracketed,
                                -- The address of a message ends in the conversation, an agent's type in the id of its team.
                                replaceRegexpOne(
                                    firstNonDefault(
                                        extract(f_destination, '\\.\\(([^()]+)\\)-[AT]$$'),
                                        extract(f_sender, '_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$$')),
                                    '^default$$', '') AS messages_of,
                                JSONExtractString(f_metadata, 'lc_agent_name') AS chain_agent,
                                firstNonDefault(f_session, JSONExtractString(f_metadata, 'thread_id')) AS own_session,
                                mapApply(
                                    (name, count) -> (name, if(count >= 0 AND count <= 1e9, count, 0)),
                                    JSONExtract(f_usage_details, 'Map(String, Float64)')) AS details,
                                JSONExtractFloat(f_cost_details, 'total') AS total_cost,
                                f_usage_details != '' AS has_details,
                                -- Some instrumentations put the tool's schema where the arguments should be.
                                f_arguments = f_schema OR fleetglassIsSchema(f_arguments) AS is_schema,
                                firstNonDefault(
                                    if(f_provider IN (${no_providers}), '', f_provider),
                                    splitByChar('.', f_vercel_provider)[1]) AS provider_named,
                                -- One reason, or a list of reasons as JSON.
                                if(startsWith(f_finish, '['), replaceRegexpOne(f_finish, '^\\[ *"?([^",\\]]*).*$$', '\\1'), f_finish) AS finish
                            FROM
                            (
                                SELECT
                                    tenant,
                                    segment,
                                    ${carried},
                                    trace_id,
                                    span_id,
                                    parent_span_id,
                                    start_ns,
                                    end_ns,
                                    name,
                                    failed,
                                    has_exception,
                                    event_texts,
${fact_columns}
                                FROM span_facts
                                -- A span that occurs twice in a request counts once.
                                LIMIT 1 BY tenant, trace_id, span_id
                            )
                        )
                    )
                )
            )
        )
    )
)
