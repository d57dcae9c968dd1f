-- The model that a call is priced by: the one that answered if it has a price, else the one that was requested.
CREATE OR REPLACE FUNCTION fleetglassPricedModel${on_cluster} AS (provider, model, response_model) ->
    if(
        response_model != model AND dictGet('prices_now', 'known', (provider, response_model, '')),
        response_model,
        model)
