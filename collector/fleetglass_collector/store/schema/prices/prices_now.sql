-- The prices in memory. Reloaded after each change of `prices`; a server also reloads it now and then.
CREATE OR REPLACE DICTIONARY prices_now${on_cluster}
(
    provider String,
    model String,
    service_tier String,
${usual_attributes},
${offer_attributes}
)
PRIMARY KEY provider, model, service_tier
SOURCE(CLICKHOUSE(TABLE 'prices'${login}))
LAYOUT(COMPLEX_KEY_HASHED_ARRAY())
LIFETIME(MIN 60 MAX 120)
SETTINGS(final = 1)
COMMENT 'Internal: the prices in memory'
