-- What a tool was asked, but for numbers and ids: what stays when a call is repeated with a new cursor.
CREATE OR REPLACE FUNCTION fleetglassShape${on_cluster} AS (tool, arguments) -> if(
    arguments = '',
    0,
    sipHash64Keyed(
        ${secret_key},
        tool,
        replaceRegexpAll(arguments, '[[:alnum:]]*[0-9][[:alnum:]]*', '')))
