-- One look-up: without `identity` every element of the tuple becomes its own.
CREATE OR REPLACE FUNCTION fleetglassUsualPrice${on_cluster} AS key -> identity(dictGet(
    'prices_now',
    (${usual_names}),
    key))
