-- The name that a call is priced by: the model that answered if its price is known, else the one that was asked.
CREATE OR REPLACE FUNCTION fleetglassPricedModel${on_cluster} AS (provider, model, response_model) ->
    if(
        response_model != model AND dictGet('prices_now', 'known', (provider, response_model, '')),
        response_model,
        model)
