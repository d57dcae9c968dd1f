-- A call is priced by the model that answered if it has a price, else by the model that was requested.
WITH priced AS
(
    SELECT
        provider, model, known, source, note,
        length(offers.since) > 1
            OR (provider, model) IN (SELECT provider, model FROM prices FINAL WHERE service_tier != '' AND known) AS more,
        if(usual = 0, NULL, nullIf(offers.input[usual], -1)) AS input,
        if(usual = 0, NULL, nullIf(offers.output[usual], -1)) AS output,
        if(usual = 0, NULL, nullIf(offers.cache_read[usual], -1)) AS cache_read,
        if(usual = 0, NULL, nullIf(offers.cache_write[usual], -1)) AS cache_write
    FROM prices FINAL
    WHERE service_tier = ''
)
SELECT
    seen.provider AS provider,
    if(answered.known = 1, seen.response_model, seen.model) AS model,
    sum(seen.calls) AS calls,
    sum(seen.input_tokens) AS input_tokens,
    sum(seen.output_tokens) AS output_tokens,
    sum(seen.cost) AS cost,
    sum(seen.unpriced) AS unpriced,
    toString(max(seen.last_seen)) AS last_seen,
    max(answered.known = 1 OR asked.known = 1) AS known,
    any(if(answered.known = 1, answered.source, asked.source)) AS source,
    any(if(answered.known = 1, answered.note, asked.note)) AS note,
    any(if(answered.known = 1, answered.more, asked.more)) AS more,
    any(if(answered.known = 1, answered.input, asked.input)) AS input,
    any(if(answered.known = 1, answered.output, asked.output)) AS output,
    any(if(answered.known = 1, answered.cache_read, asked.cache_read)) AS cache_read,
    any(if(answered.known = 1, answered.cache_write, asked.cache_write)) AS cache_write
FROM
(
    SELECT
        toString(span.provider) AS provider,
        toString(span.model) AS model,
        toString(span.response_model) AS response_model,
        count() AS calls,
        sum(span.input_tokens) AS input_tokens,
        sum(span.output_tokens) AS output_tokens,
        sum(span.cost) AS cost,
        countIf(span.cost IS NULL) AS unpriced,
        toDateTime(max(span.start_time), 'UTC') AS last_seen
    FROM agent_spans AS span
    WHERE (${condition}) AND span.start_time > now() - toIntervalDay({days:UInt32})
    GROUP BY provider, model, response_model
) AS seen
LEFT JOIN priced AS answered ON answered.provider = seen.provider AND answered.model = seen.response_model
LEFT JOIN priced AS asked ON asked.provider = seen.provider AND asked.model = seen.model
GROUP BY provider, model
ORDER BY cost DESC, calls DESC, provider, model
