-- The key of a call in `prices_now`. A service tier without prices of its own costs as much as any other call.
CREATE OR REPLACE FUNCTION fleetglassPriceKey${on_cluster} AS (provider, priced_model, service_tier) -> (
    provider,
    priced_model,
    if(
        service_tier != '' AND dictGet('prices_now', 'known', (provider, priced_model, service_tier)),
        service_tier,
        ''))
