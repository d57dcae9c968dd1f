CREATE MATERIALIZED VIEW IF NOT EXISTS agent_spans_rows_mv${on_cluster} TO agent_spans_rows AS
SELECT * EXCEPT sign
FROM agent_spans_in
WHERE sign = 1 OR is_deleted = 1
