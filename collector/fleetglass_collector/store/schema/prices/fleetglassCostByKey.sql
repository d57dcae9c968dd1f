-- Most calls fall under the usual offer; the others (long, old, spoken, at some time of day) search for theirs.
-- `bitAnd`, for AND would evaluate its sides one by one, row by row. A sum of counts as Float64, for it may be too large.
-- The key and its usual price are written many times over where this is expanded: give them names, and the
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
