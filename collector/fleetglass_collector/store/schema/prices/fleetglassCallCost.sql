-- Dollars that a call costs; NULL where no price is known. Input is the total, with what is cached.
CREATE OR REPLACE FUNCTION fleetglassCallCost${on_cluster} AS (
    provider, model, response_model, service_tier, start_time,
    input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read
) -> fleetglassCostByKey(
    fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier),
    fleetglassUsualPrice(fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier)),
    toUnixTimestamp(start_time),
    input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read)
