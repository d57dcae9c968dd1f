-- A fingerprint of a tool's arguments without numbers and ids: it stays the same when a call is repeated with a
-- new cursor.
CREATE OR REPLACE FUNCTION fleetglassShape${on_cluster} AS (tool, arguments) -> if(
    arguments = '',
    0,
    sipHash64Keyed(
        ${secret_key},
        tool,
        replaceRegexpAll(arguments, '[[:alnum:]]*[0-9][[:alnum:]]*', '')))
