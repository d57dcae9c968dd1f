-- Reloaded whenever `prices` was written to; on a server also by itself.
CREATE OR REPLACE DICTIONARY prices_now${on_cluster}
(
    provider String,
    model String,
    service_tier String,
    known UInt8,
    usual_since DateTime('UTC'),
    usual_until DateTime('UTC'),
    usual_day_from UInt32,
    usual_day_until UInt32,
    usual_up_to_input UInt64,
    usual_input Float64,
    usual_output Float64,
    usual_cache_read Float64,
    usual_cache_write Float64,
    usual_request Float64,
    `offers.since` Array(DateTime('UTC')),
    `offers.until` Array(DateTime('UTC')),
    `offers.day_from` Array(UInt32),
    `offers.day_until` Array(UInt32),
    `offers.from_input` Array(UInt64),
    `offers.up_to_input` Array(UInt64),
    `offers.input` Array(Float64),
    `offers.output` Array(Float64),
    `offers.cache_read` Array(Float64),
    `offers.cache_write` Array(Float64),
    `offers.reasoning` Array(Float64),
    `offers.audio_input` Array(Float64),
    `offers.audio_output` Array(Float64),
    `offers.audio_cache_read` Array(Float64),
    `offers.request` Array(Float64)
)
PRIMARY KEY provider, model, service_tier
SOURCE(CLICKHOUSE(TABLE 'prices'${login}))
LAYOUT(COMPLEX_KEY_HASHED_ARRAY())
LIFETIME(MIN 60 MAX 120)
SETTINGS(final = 1)
