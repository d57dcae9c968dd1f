-- Dollars that a call costs; NULL where no price is known. Input is the total, with what is cached.
CREATE OR REPLACE FUNCTION fleetglassCallCost${on_cluster} AS (
    provider, model, response_model, service_tier, start_time,
    ${token_arguments}
) -> fleetglassCostByKey(
    fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier),
    fleetglassUsualPrice(fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier)),
    toUnixTimestamp(start_time),
    ${token_arguments})
