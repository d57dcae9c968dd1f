-- A fingerprint of a text; 0 is of nothing. Neither the order of an object's keys counts nor the space
-- between the parts of what is JSON. The key is the installation's own.
CREATE OR REPLACE FUNCTION fleetglassHash${on_cluster} AS (prefix, text) -> multiIf(
    text = '',
    0,
    startsWith(text, '{'),
    sipHash64Keyed(
        ${secret_key},
        prefix,
        arraySort(JSONExtractKeysAndValuesRaw(text)),
        -- Empty, or no JSON.
        if(empty(JSONExtractKeysAndValuesRaw(text)), text, '')),
    startsWith(text, '['),
    sipHash64Keyed(
        ${secret_key},
        prefix,
        JSONExtractArrayRaw(text),
        if(empty(JSONExtractArrayRaw(text)), text, '')),
    sipHash64Keyed(${secret_key}, prefix, text))
