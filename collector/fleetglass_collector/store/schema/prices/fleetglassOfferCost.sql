-- The dollars that a call costs under an offer, from the price of each class of tokens. Tokens that are a part of others
-- and have a price of their own are taken out of those. If the parts are more than the whole, only the parts are paid.
CREATE OR REPLACE FUNCTION fleetglassOfferCost${on_cluster} AS (
    ${token_arguments},
    ${rate_arguments}
) ->
    (
        greatest(p_input, 0) * greatest(
            input
                - if(p_cache_read < 0, 0, greatest(cache_read, if(p_audio_cache_read < 0, 0, audio_cache_read)))
                - if(p_cache_write < 0, 0, cache_write)
                - if(p_audio_input < 0, 0, greatest(audio_input - if(p_audio_cache_read < 0, 0, audio_cache_read), 0)),
            0)
        + greatest(p_cache_read, 0) * greatest(cache_read - if(p_audio_cache_read < 0, 0, audio_cache_read), 0)
        + greatest(p_cache_write, 0) * cache_write
        + greatest(p_audio_input, 0) * greatest(audio_input - if(p_audio_cache_read < 0, 0, audio_cache_read), 0)
        + greatest(p_audio_cache_read, 0) * audio_cache_read
        + greatest(p_output, 0) * greatest(
            output - if(p_reasoning < 0, 0, reasoning) - if(p_audio_output < 0, 0, audio_output), 0)
        + greatest(p_reasoning, 0) * reasoning
        + greatest(p_audio_output, 0) * audio_output
    ) / 1e6
    + greatest(p_request, 0) / 1e3
