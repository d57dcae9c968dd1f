-- Spans as columns of numbers, all in one row; see settle/spans.py. Texts are hashed, and 0 is no text: so
-- that most spans are settled without being read whole. (A hash of a LowCardinality column costs next to nothing.)
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
        h_agent * bitTest(own, 0) AS n_agent,
        h_agent_version * (bitTest(own, 3) OR as_it_arrived) AS n_agent_version,
        h_agent_id * (bitTest(own, 4) OR as_it_arrived) AS n_agent_id,
        h_cohort * (bitTest(own, 5) OR as_it_arrived) AS n_cohort,
        h_tier * (bitTest(own, 6) OR as_it_arrived) AS n_tier,
        h_prompt_version * (bitTest(own, 7) OR as_it_arrived) AS n_prompt_version,
        ${identity} AS n_identity_now,
        sipHash64(run_id) AS n_run_now,
        n_run_now * bitTest(own, 1) AS n_run_own,
        sipHash64(conversation) * notEmpty(conversation) AS n_conversation_now,
        n_conversation_now * (bitTest(own, 2) OR bitTest(own, 11) OR as_it_arrived) AS n_conversation_own,
        sipHash64(workflow) * notEmpty(workflow) AS n_workflow_now,
        n_workflow_now * (bitTest(own, 8) OR as_it_arrived) AS n_workflow_own,
        sipHash64(tool) * notEmpty(tool) AS n_tool,
        arguments_hash AS n_asked,
        sipHash64(handoff_to) * notEmpty(handoff_to) AS n_target_now,
        n_target_now * (bitTest(own, 9) OR as_it_arrived) AS n_target_own,
        sipHash64(parent_agent) * notEmpty(parent_agent) AS n_caller_now,
        n_caller_now * (bitTest(own, 10) OR as_it_arrived) AS n_caller_own,
        toUInt64(transform(kind, [${kinds}], [${kind_codes}], ${other})) AS n_kind_now,
        if(bitTest(own, 12), ${tool}, n_kind_now) AS n_kind,
        own AS n_own,
        (notEmpty(held) OR input_tokens + output_tokens > 0 OR ifNull(reported_cost, 0) > 0) + 2 * notEmpty(held) AS n_usage,
        version AS n_version
    FROM
    (
        SELECT
            *,
            NOT bitTest(own, 15) AS as_it_arrived,
            sipHash64(agent) * notEmpty(agent) AS h_agent,
            sipHash64(agent_version) * notEmpty(agent_version) AS h_agent_version,
            sipHash64(agent_id) * notEmpty(agent_id) AS h_agent_id,
            sipHash64(cohort) * notEmpty(cohort) AS h_cohort,
            sipHash64(tier) * notEmpty(tier) AS h_tier,
            sipHash64(prompt_version) * notEmpty(prompt_version) AS h_prompt_version
        FROM agent_spans_rows FINAL
        WHERE ${where}
    )
)
