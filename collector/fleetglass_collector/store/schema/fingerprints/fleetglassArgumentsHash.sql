-- The fingerprint of a tool's arguments; 0 where no arguments were recorded.
CREATE OR REPLACE FUNCTION fleetglassArgumentsHash${on_cluster} AS (tool, arguments) ->
    fleetglassHash(tool, fleetglassUnwrapped(arguments))
