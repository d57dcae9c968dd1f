-- The dollars that a call costs, by its key in `prices_now` and its usual price. Most calls fall under the usual offer.
-- The others (long, old, with audio, at a special time of day) look for their offer.
-- `bitAnd`, because AND would evaluate its sides one by one, row by row. The sum of counts is a Float64 because it may be
-- too large for an integer. The expanded text repeats the key and its usual price many times: pass names for them, and the
-- database has less to read.
CREATE OR REPLACE FUNCTION fleetglassCostByKey${on_cluster} AS (
    key, usual, at, ${token_arguments}
) -> multiIf(
    NOT ${the_known},
    NULL,
    bitAnd(
        bitAnd(
            bitAnd(
                bitAnd(at >= ${the_usual_since}, at < ${the_usual_until}),
                bitAnd(
                    at % 86400 >= ${the_usual_day_from},
                    at % 86400 < ${the_usual_day_until})),
            bitAnd(input <= ${the_usual_up_to_input}, toFloat64(cache_read) + cache_write <= input)),
        bitOr(bitOr(audio_input, audio_output), audio_cache_read) = 0),
    fleetglassUsualCost(usual, input, output, cache_read, cache_write),
    arrayFirstOrNull(
        dollars -> dollars >= 0,
        arrayMap(
            (
                ${condition_arguments},
                ${rate_arguments}
            ) -> if(
                bitAnd(
                    bitAnd(at >= since, at < until),
                    bitAnd(
                        bitAnd(at % 86400 >= day_from, at % 86400 < day_until),
                        bitAnd(input >= from_input, input <= up_to_input))),
                fleetglassOfferCost(
                    ${tokens_as_floats},
                    ${rate_arguments}),
                -1.),
${offer_lookups})))
