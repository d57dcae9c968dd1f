-- Whether a span of an agent ever arrived, and the agents whose names are most like its name.
SELECT agent, agent = {agent:String} AS is_it
FROM (SELECT DISTINCT agent FROM agent_minutes WHERE tenant = {tenant:String} AND agent != '')
ORDER BY is_it DESC, editDistanceUTF8(lower(agent), lower({agent:String})), agent
LIMIT 3
