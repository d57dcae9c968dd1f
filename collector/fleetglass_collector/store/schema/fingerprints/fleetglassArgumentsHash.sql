-- What a tool was asked; 0 where that was not recorded.
CREATE OR REPLACE FUNCTION fleetglassArgumentsHash${on_cluster} AS (tool, arguments) ->
    fleetglassHash(tool, fleetglassUnwrapped(arguments))
