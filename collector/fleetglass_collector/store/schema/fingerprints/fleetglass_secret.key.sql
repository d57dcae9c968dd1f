-- The key as functions read it.
CREATE OR REPLACE DICTIONARY fleetglass_secret.key${on_cluster}
(
    id UInt64,
    k0 UInt64,
    k1 UInt64
)
PRIMARY KEY id
SOURCE(CLICKHOUSE(DB 'fleetglass_secret' TABLE 'keys'${login}))
LAYOUT(FLAT())
LIFETIME(0)
SETTINGS(final = 1)
