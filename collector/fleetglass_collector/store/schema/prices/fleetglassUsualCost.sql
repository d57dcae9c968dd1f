-- Dollars for a call under the usual offer; its parts are within the whole, and none is sound.
CREATE OR REPLACE FUNCTION fleetglassUsualCost${on_cluster} AS (price, input, output, cache_read, cache_write) ->
    (
        input * tupleElement(price, 5)
        + output * tupleElement(price, 6)
        + cache_read * tupleElement(price, 7)
        + cache_write * tupleElement(price, 8)
    ) / 1e6
    + tupleElement(price, 9) / 1e3
