-- One look-up: without `identity` every element of the tuple becomes its own.
CREATE OR REPLACE FUNCTION fleetglassUsualPrice${on_cluster} AS key -> identity(dictGet(
    'prices_now',
    ('known', 'usual_since', 'usual_until', 'usual_up_to_input', 'usual_input', 'usual_output', 'usual_cache_read', 'usual_cache_write', 'usual_request', 'usual_day_from', 'usual_day_until'),
    key))
