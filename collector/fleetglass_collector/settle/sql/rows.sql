-- Rows that are written again, in pieces of RowBinary; see settle/row.py. `identity_own` is the span's own identity.
SELECT
    sipHash64(tenant, trace_id, span_id),
    segment,
    version,
    formatRow(
        'RowBinary',
        ${identity_own}) AS identity_own,
    formatRow('RowBinary', ${identity}) AS identity,
    formatRow('RowBinary', run_id, conversation, workflow) AS context,
    if(
        empty(held),
        formatRow('RowBinary', input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost, reported_cost),
        formatRow(
            'RowBinary', toUInt64(held[1]), toUInt64(held[2]), toUInt64(held[3]), toUInt64(held[4]), toUInt64(held[5]),
            ${held_cost}, if(held[6] > 0, held[6], NULL)::Nullable(Float64))) AS counted,
    formatRow('RowBinary', parent_agent) AS caller,
    formatRow('RowBinary', handoff_to) AS target,
    formatRow('RowBinary', if(
        empty(held),
        [toFloat64(input_tokens), toFloat64(output_tokens), toFloat64(cache_read_tokens), toFloat64(cache_write_tokens),
            toFloat64(reasoning_tokens), ifNull(reported_cost, 0)],
        held)) AS held_before,
    formatRow('RowBinary', ${rest}) AS rest
FROM
(
    SELECT *, NOT ${has_own_settled} AS as_it_arrived
    FROM agent_spans_rows FINAL
    WHERE segment IN (${segments}) AND sipHash64(tenant, trace_id, span_id) IN (${keys})
)
