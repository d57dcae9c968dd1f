-- The usual price as a tuple, by one look-up: without `identity` each element would be looked up on its own.
CREATE OR REPLACE FUNCTION fleetglassUsualPrice${on_cluster} AS key -> identity(dictGet(
    'prices_now',
    (${usual_names}),
    key))
