-- Spans as columns of numbers, all in one row; see settle/spans.py. Texts are hashed, and 0 is an empty text, so that
-- most spans are settled without reading whole rows. (A hash of a LowCardinality column costs next to nothing.)
SELECT
    ${numbers}
FROM
(
    SELECT
        sipHash64(tenant, trace_id, span_id) AS n_key,
        if(parent_span_id = '', 0, sipHash64(tenant, trace_id, parent_span_id)) AS n_parent,
        sipHash64(tenant, trace_id) AS n_trace,
        segment AS n_segment,
        toUInt64(greatest(0, toUnixTimestamp64Nano(start_time))) AS n_start,
        ${identity_own},
        ${identity_now} AS n_identity_now,
        sipHash64(run_id) AS n_run_now,
        n_run_now * ${has_own_run} AS n_run_own,
        sipHash64(conversation) * notEmpty(conversation) AS n_conversation_now,
        n_conversation_now * (${has_own_session} OR ${has_own_conversation} OR as_it_arrived) AS n_conversation_own,
        sipHash64(workflow) * notEmpty(workflow) AS n_workflow_now,
        n_workflow_now * (${has_own_workflow} OR as_it_arrived) AS n_workflow_own,
        sipHash64(tool) * notEmpty(tool) AS n_tool,
        arguments_hash AS n_asked,
        sipHash64(handoff_to) * notEmpty(handoff_to) AS n_target_now,
        n_target_now * (${has_own_handoff_to} OR as_it_arrived) AS n_target_own,
        sipHash64(parent_agent) * notEmpty(parent_agent) AS n_caller_now,
        n_caller_now * (${has_own_parent_agent} OR as_it_arrived) AS n_caller_own,
        toUInt64(transform(kind, [${kinds}], [${kind_codes}], ${other})) AS n_kind_now,
        if(${has_own_repeat}, ${tool}, n_kind_now) AS n_kind,
        own AS n_own,
        (notEmpty(held) OR input_tokens + output_tokens > 0 OR ifNull(reported_cost, 0) > 0) + 2 * notEmpty(held) AS n_usage,
        version AS n_version
    FROM
    (
        SELECT
            *,
            NOT ${has_own_settled} AS as_it_arrived,
            ${identity_hashes}
        FROM agent_spans_rows FINAL
        WHERE ${where}
    )
)
