-- What people and panels read.
CREATE VIEW IF NOT EXISTS agent_spans${on_cluster} AS
SELECT * EXCEPT (version, is_deleted, own, held)
FROM agent_spans_rows
FINAL
