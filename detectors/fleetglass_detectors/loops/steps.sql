-- Some steps by name, without their words.
SELECT
    sipHash64(s.tenant, s.trace_id) AS run,
    sipHash64(s.tenant, s.trace_id, s.span_id) AS key,
    s.trace_id,
    s.span_id,
    s.parent_span_id,
    toUnixTimestamp64Nano(s.start_time) AS start_ns,
    toUnixTimestamp64Nano(s.start_time) + s.duration_ns AS end_ns,
    s.agent,
    s.kind,
    firstNonDefault(s.tool, s.handoff_to) AS tool,
    s.input_tokens + s.output_tokens AS tokens,
    ifNull(toFloat64(s.cost), 0) AS cost,
    s.is_error AS failed
FROM agent_spans AS s
WHERE s.segment IN (${segments}) AND sipHash64(s.tenant, s.trace_id, s.span_id) IN (${keys})
