-- The same for a call without service tier, reasoning and audio.
CREATE OR REPLACE FUNCTION fleetglassCost${on_cluster} AS (
    provider, model, response_model, start_time, input, output, cache_read, cache_write
) -> fleetglassCallCost(provider, model, response_model, '', start_time, input, output, cache_read, cache_write, 0, 0, 0, 0)
