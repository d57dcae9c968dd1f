-- Most calls fall under the usual offer; the others (long, old, spoken, at some time of day) search for theirs.
-- `bitAnd`, for AND would evaluate its sides one by one, row by row. A sum of counts as Float64, for it may be too large.
-- The key and its usual price are written many times over where this is expanded: give them names, and the
-- database has less to read.
CREATE OR REPLACE FUNCTION fleetglassCostByKey${on_cluster} AS (
    key, usual, at, input, output, cache_read, cache_write, reasoning, audio_input, audio_output, audio_cache_read
) -> multiIf(
    NOT tupleElement(usual, 1),
    NULL,
    bitAnd(
        bitAnd(
            bitAnd(
                bitAnd(at >= tupleElement(usual, 2), at < tupleElement(usual, 3)),
                bitAnd(
                    at % 86400 >= tupleElement(usual, 10),
                    at % 86400 < tupleElement(usual, 11))),
            bitAnd(input <= tupleElement(usual, 4), toFloat64(cache_read) + cache_write <= input)),
        bitOr(bitOr(audio_input, audio_output), audio_cache_read) = 0),
    fleetglassUsualCost(usual, input, output, cache_read, cache_write),
    arrayFirstOrNull(
        dollars -> dollars >= 0,
        arrayMap(
            (
                since, until, day_from, day_until, from_input, up_to_input,
                p_input, p_output, p_cache_read, p_cache_write, p_reasoning, p_audio_input, p_audio_output, p_audio_cache_read, p_request
            ) -> if(
                bitAnd(
                    bitAnd(at >= since, at < until),
                    bitAnd(
                        bitAnd(at % 86400 >= day_from, at % 86400 < day_until),
                        bitAnd(input >= from_input, input <= up_to_input))),
                fleetglassOfferCost(
                    toFloat64(input), toFloat64(output), toFloat64(cache_read), toFloat64(cache_write), toFloat64(reasoning),
                    toFloat64(audio_input), toFloat64(audio_output), toFloat64(audio_cache_read),
                    p_input, p_output, p_cache_read, p_cache_write, p_reasoning, p_audio_input, p_audio_output, p_audio_cache_read, p_request),
                -1.),
            dictGet('prices_now', 'offers.since', key),
            dictGet('prices_now', 'offers.until', key),
            dictGet('prices_now', 'offers.day_from', key),
            dictGet('prices_now', 'offers.day_until', key),
            dictGet('prices_now', 'offers.from_input', key),
            dictGet('prices_now', 'offers.up_to_input', key),
            dictGet('prices_now', 'offers.input', key),
            dictGet('prices_now', 'offers.output', key),
            dictGet('prices_now', 'offers.cache_read', key),
            dictGet('prices_now', 'offers.cache_write', key),
            dictGet('prices_now', 'offers.reasoning', key),
            dictGet('prices_now', 'offers.audio_input', key),
            dictGet('prices_now', 'offers.audio_output', key),
            dictGet('prices_now', 'offers.audio_cache_read', key),
            dictGet('prices_now', 'offers.request', key))))
