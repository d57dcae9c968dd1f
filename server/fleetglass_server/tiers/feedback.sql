-- What people said of runs.
SELECT
    SpanAttributes['${run}'] AS run_id,
    SpanAttributes['${kind}'] AS kind,
    SpanAttributes['${score}'] AS score,
    SpanAttributes['${label}'] AS label
FROM otel_traces
WHERE Timestamp > now() - toIntervalSecond({seconds:UInt32}) AND SpanName = 'feedback'
    AND SpanAttributes['${kind}'] != ''
