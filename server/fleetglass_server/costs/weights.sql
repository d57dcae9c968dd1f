-- What tokens of output and of caches cost, in tokens of input; by the usual price of each model, and where
-- providers differ, by what is in the middle of them.
SELECT
    p.model AS of_model,
    quantileExact(p.offers.output[p.usual] / p.offers.input[p.usual]) AS output_weight,
    quantileExact(if(p.offers.cache_read[p.usual] < 0, 1, p.offers.cache_read[p.usual] / p.offers.input[p.usual])) AS cached_weight
FROM prices AS p FINAL
WHERE p.service_tier = '' AND p.known AND p.usual != 0
    AND p.offers.input[p.usual] > 0 AND p.offers.output[p.usual] >= 0
    AND p.model IN
    (
        SELECT m.model FROM agent_minutes AS m
        WHERE m.minute >= toDateTime({before:UInt32}) AND m.minute < toDateTime({end:UInt32})
    )
GROUP BY of_model
