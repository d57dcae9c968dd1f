-- The agent that the arguments of a handoff name.
CREATE OR REPLACE FUNCTION fleetglassTarget${on_cluster} AS arguments -> if(
    NOT startsWith(arguments, '{'),
    '',
    arrayFirst(
        name -> name != '',
        arrayMap(key -> JSONExtractString(arguments, key), ['agent_name', 'agent', 'target', 'to', 'recipient', 'name'])))
