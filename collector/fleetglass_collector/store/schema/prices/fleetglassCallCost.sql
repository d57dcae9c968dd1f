-- The dollars that a call costs; NULL without a known price. `input` is the total, including cached tokens.
CREATE OR REPLACE FUNCTION fleetglassCallCost${on_cluster} AS (
    provider, model, response_model, service_tier, start_time,
    ${token_arguments}
) -> fleetglassCostByKey(
    fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier),
    fleetglassUsualPrice(fleetglassPriceKey(provider, fleetglassPricedModel(provider, model, response_model), service_tier)),
    toUnixTimestamp(start_time),
    ${token_arguments})
