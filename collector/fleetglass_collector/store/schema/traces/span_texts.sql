-- The words of a span (arguments and result, input and output), whatever the dialect. Only for a few spans: query it by
-- trace_id and time. It reads the payload, which is deleted after a few days.
-- `heard` and `heard_parts` are what a model or an agent was given to read, `declared` is what our own SDK says of actions
-- and approvals.
CREATE OR REPLACE VIEW span_texts${on_cluster} AS
SELECT
    Timestamp AS time,
    TraceId AS trace_id,
    SpanId AS span_id,
    fleetglassUnwrapped(firstNonDefault(
        if(fleetglassIsSchema(${attribute_arguments}), '', ${attribute_arguments}),
        input,
        ${stored_tool_message})) AS asked,
    fleetglassUnwrapped(firstNonDefault(${attribute_result}, said)) AS answered,
    ${attribute_input} AS input,
    firstNonDefault(
        ${attribute_output}, ${stored_choice}) AS said,
    ${attribute_heard} AS heard,
    ${attribute_instructions} AS instructions,
    mapFilter((name, value) -> arrayExists(prefix -> startsWith(name, prefix), [${heard_prefixes}]), SpanAttributes)
        AS heard_parts,
    mapFilter((name, value) -> startsWith(name, 'fleetglass.'), SpanAttributes) AS declared
FROM otel_traces
