-- Prices of models, by the names that spans use. A pair of names without a price has a row too, with `known` 0.
-- Each element of `offers` is a price with its conditions, in dollars per million tokens (or per thousand requests).
-- -1 means no price of its own: such tokens cost as much as the tokens that they are a part of.
-- In a cluster every node has the whole table.
CREATE TABLE IF NOT EXISTS prices${on_cluster}
(
    provider String,
    model String,
    service_tier LowCardinality(String),
    known UInt8,
    source LowCardinality(String),
    priced_as String,
    note String,
    digest String,
    offers Nested(
${offer_columns}),
    -- The usual offer, which most calls of today fall under, has columns of its own: it needs no search.
    seconds_today Array(UInt32) ALIAS arrayMap(
        (since, until, day_from, day_until, from_input) ->
            if(since <= now('UTC') AND now('UTC') < until AND from_input = 0, day_until - day_from, 0),
        offers.since, offers.until, offers.day_from, offers.day_until, offers.from_input),
    usual UInt32 ALIAS if(arrayMax(seconds_today) = 0, 0, indexOf(seconds_today, arrayMax(seconds_today))),
    usual_since DateTime('UTC') ALIAS offers.since[usual],
    -- (An offer with a price for reasoning is never the usual one, which does not look at those tokens.)
    usual_until DateTime('UTC') ALIAS if(offers.reasoning[usual] < 0, offers.until, offers.since)[usual],
    usual_day_from UInt32 ALIAS offers.day_from[usual],
    usual_day_until UInt32 ALIAS offers.day_until[usual],
    usual_up_to_input UInt64 ALIAS offers.up_to_input[usual],
    usual_input Float64 ALIAS greatest(offers.input[usual], 0),
    usual_output Float64 ALIAS greatest(offers.output[usual], 0),
    -- The difference in price between a cached token and another.
    usual_cache_read Float64 ALIAS if(offers.cache_read[usual] < 0, 0, offers.cache_read[usual] - usual_input),
    usual_cache_write Float64 ALIAS if(offers.cache_write[usual] < 0, 0, offers.cache_write[usual] - usual_input),
    usual_request Float64 ALIAS greatest(offers.request[usual], 0),
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ${replicated}ReplacingMergeTree(${on_every_node}updated_at)
ORDER BY (provider, model, service_tier)
