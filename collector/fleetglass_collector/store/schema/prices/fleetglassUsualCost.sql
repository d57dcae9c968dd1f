-- The dollars that a call costs under the usual offer. Its parts are within the whole, and it has no audio.
CREATE OR REPLACE FUNCTION fleetglassUsualCost${on_cluster} AS (usual, input, output, cache_read, cache_write) ->
    (
        input * ${the_usual_input}
        + output * ${the_usual_output}
        + cache_read * ${the_usual_cache_read}
        + cache_write * ${the_usual_cache_write}
    ) / 1e6
    + ${the_usual_request} / 1e3
