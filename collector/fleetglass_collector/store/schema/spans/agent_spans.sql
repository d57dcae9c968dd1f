-- The spans as people and dashboards read them.
CREATE OR REPLACE VIEW agent_spans${on_cluster} AS
SELECT * EXCEPT (version, is_deleted, own, held, arrived)
FROM agent_spans_rows
FINAL
