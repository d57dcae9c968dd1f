-- A model's output without the ids of messages and calls, which are new each time.
CREATE OR REPLACE FUNCTION fleetglassWithoutIds${on_cluster} AS text -> if(
    NOT multiSearchAny(text, ['id"', 'Id"']),
    text,
    replaceRegexpAll(text, '"(id|call_id|tool_call_id|toolUseId)" *: *("[^"]*"|null),? *', ''))
