-- The answers that people edited: what the run said, and what they made of it.
SELECT f.run_id AS run_id, f.text AS edited, w.said AS said
FROM
(
    SELECT TraceId AS trace_id, SpanAttributes['${run}'] AS run_id, SpanAttributes['${text}'] AS text
    FROM otel_traces
    WHERE Timestamp > now() - toIntervalSecond({seconds:UInt32}) AND SpanName = 'feedback'
        AND SpanAttributes['${kind}'] = 'edit' AND SpanAttributes['${text}'] != ''
) AS f
INNER JOIN
(
    SELECT t.trace_id AS trace_id, any(t.said) AS said
    FROM span_texts AS t
    WHERE t.time > now() - toIntervalSecond({seconds:UInt32}) AND t.said != ''
        AND (t.trace_id, t.span_id) IN
        (
            SELECT trace_id, span_id FROM agent_spans
            WHERE kind = 'agent' AND parent_span_id = '' AND start_time > now() - toIntervalSecond({seconds:UInt32})
                AND trace_id IN
                (
                    SELECT TraceId FROM otel_traces
                    WHERE Timestamp > now() - toIntervalSecond({seconds:UInt32}) AND SpanName = 'feedback'
                        AND SpanAttributes['${kind}'] = 'edit'
                )
        )
    GROUP BY t.trace_id
) AS w ON w.trace_id = f.trace_id
