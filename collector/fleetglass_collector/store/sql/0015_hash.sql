-- A fingerprint of a text, whatever the order of an object's keys and the space between them, and without
-- the ids of calls, which are new each time; 0 is of nothing.
CREATE OR REPLACE FUNCTION fleetglassHash${on_cluster} AS (prefix, text) -> multiIf(
    text = '',
    0,
    startsWith(text, '{'),
    sipHash64(prefix, arraySort(JSONExtractKeysAndValuesRaw(text)), if(isValidJSON(text), '', text)),
    position(text, 'id"') > 0,
    sipHash64(prefix, replaceRegexpAll(text, '"(id|call_id|tool_call_id|toolUseId)" *: *("[^"]*"|null),? *', '')),
    sipHash64(prefix, text))
