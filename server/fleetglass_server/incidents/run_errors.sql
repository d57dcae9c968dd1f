-- What failed in a run, most often first, in the error's own words for as long as contents are kept.
SELECT
    s.tool AS tool,
    s.error_type AS error,
    any(substring(t.StatusMessage, 1, 300)) AS message,
    count() AS times
FROM agent_spans AS s
LEFT JOIN (SELECT SpanId, StatusMessage FROM otel_traces WHERE TraceId = {run:String}) AS t ON t.SpanId = s.span_id
WHERE s.trace_id = {run:String} AND s.is_error AND s.kind IN ('tool', 'llm', 'retrieval')
GROUP BY tool, error
ORDER BY times DESC
LIMIT 3
