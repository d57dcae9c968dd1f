-- A fingerprint of a text; 0 for an empty text. For JSON, neither the order of an object's keys nor the white
-- space between its parts changes the fingerprint. Each installation has its own key.
CREATE OR REPLACE FUNCTION fleetglassHash${on_cluster} AS (prefix, text) -> multiIf(
    text = '',
    0,
    startsWith(text, '{'),
    sipHash64Keyed(
        ${secret_key},
        prefix,
        arraySort(JSONExtractKeysAndValuesRaw(text)),
        -- An empty object, or not JSON.
        if(empty(JSONExtractKeysAndValuesRaw(text)), text, '')),
    startsWith(text, '['),
    sipHash64Keyed(
        ${secret_key},
        prefix,
        JSONExtractArrayRaw(text),
        if(empty(JSONExtractArrayRaw(text)), text, '')),
    sipHash64Keyed(${secret_key}, prefix, text))
