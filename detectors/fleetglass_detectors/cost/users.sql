-- The keys that had runs lately, and whether one of some models was used in them.
SELECT r.tenant AS tenant, key.1 AS about, key.2 AS name, max(has({models:Array(String)}, r.model)) AS uses
FROM agent_runs AS r
ARRAY JOIN [('agent', r.agent), ('cohort', r.cohort), ('model', r.model), ('tenant', r.tenant)] AS key
WHERE r.day >= toDate('${since}') AND key.2 != ''
GROUP BY tenant, about, name
