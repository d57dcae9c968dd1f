-- Spans as fixed-width numbers, as spans.py reads them. Names are hashed: detectors only need to tell them
-- apart. The names that a person gets to see are looked up later.
SELECT
    sipHash64(s.tenant, s.trace_id) AS run,
    sipHash64(s.tenant, s.trace_id, s.span_id) AS span,
    sipHash64(s.tenant, s.trace_id, s.parent_span_id) * notEmpty(s.parent_span_id) AS parent,
    s.segment AS segment,
    toInt64(toUnixTimestamp64Nano(s.start_time)) AS start_ns,
    toInt64(toUnixTimestamp64Nano(s.start_time) + s.duration_ns) AS end_ns,
    sipHash64(s.tenant, s.agent) AS agent,
    sipHash64(s.tenant, s.parent_agent) * notEmpty(s.parent_agent) AS caller,
    sipHash64(firstNonDefault(s.tool, s.handoff_to)) * notEmpty(firstNonDefault(s.tool, s.handoff_to)) AS tool,
    sipHash64(s.action) * notEmpty(s.action) AS action,
    s.arguments_hash AS asked,
    s.arguments_shape AS shape,
    if(s.kind IN ('tool', 'retrieval', 'handoff'), s.result_hash, s.output_hash) AS answered,
    toFloat64(s.input_tokens + s.output_tokens) AS tokens,
    toFloat64(s.output_tokens) AS written,
    ifNull(s.cost, nan) AS cost,
    toUInt8(if(s.name = '${heartbeat}', ${heartbeat_code}, transform(s.kind, [${kinds}], [${codes}], 0))) AS kind,
    toUInt8(s.is_error) AS failed
FROM agent_spans AS s
WHERE ${where}
ORDER BY ${order}
