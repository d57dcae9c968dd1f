"""What the .sql files may name: `${on_cluster}`, `${replicated}`, `${pairs}` and so on."""

from fleetglass import conventions
from fleetglass_collector.config import Retention
from fleetglass_collector.dialects import sql as dialects
from fleetglass_collector.prices import sql as prices
from fleetglass_collector.store.schema.clauses import on_cluster, quoted
from fleetglass_collector.store.schema.retention import days_by_table, ttl

# How many of the last inserts a table recognises when they come again. A segment is inserted again
# only after an error, before any later one; the rest is room for other collectors.
DEDUPLICATION = "non_replicated_deduplication_window = 10000"
REPLICATED_DEDUPLICATION = (
    "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"
)

# For a small table that every node has whole: all nodes of all shards are replicas of each other.
EVERY_NODE = "'/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', "

# Nullable, to tell a member of the oneof that is set from one that is not. (ClickHouse's setting
# for that, input_format_protobuf_oneof_presence, fails the whole insert where two members are set.)
_SCALARS = (
    "string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), "
    "double_value Nullable(Float64), bytes_value Nullable(String)"
)
PAIRS = (
    f"Array(Tuple(key String, value Tuple({_SCALARS}, "
    f"array_value Tuple(values Array(Tuple({_SCALARS}))))))"
)


# The two halves of the key, for sipHash64Keyed.
SECRET_KEY = "dictGet('fleetglass_secret.key', ('k0', 'k1'), toUInt64(1))"


def variables(*, cluster: str, retention: Retention, login: str) -> dict[str, str]:
    return {
        **{f"ttl_{table}": ttl(table, days) for table, days in days_by_table(retention).items()},
        "on_cluster": on_cluster(cluster),
        "cluster": quoted(cluster),
        "local": "_local" if cluster else "",
        "replicated": "Replicated" if cluster else "",
        "on_every_node": EVERY_NODE if cluster else "",
        "deduplication": REPLICATED_DEDUPLICATION if cluster else DEDUPLICATION,
        "login": login,
        "pairs": PAIRS,
        "service_name": conventions.SERVICE_NAME,
        "tenant": conventions.TENANT,
        "probe": conventions.PROBE_SERVICE,
        "secret_key": SECRET_KEY,
        "hidden": quoted(f"^(?i:{conventions.HIDDEN})$"),
        "longest_mark": str(conventions.LONGEST_MARK),
        **dialects.variables(),
        **prices.variables(),
    }


def is_setting(name: str) -> bool:
    """Whether a new value leaves an existing object valid, because it is applied in another way."""
    return name in ("on_cluster", "login") or name.startswith("ttl_")
