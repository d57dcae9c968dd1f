"""The SQL files, rendered for one server or for a cluster."""

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from fleetglass import _conventions
from fleetglass_collector.config import Retention
from fleetglass_collector.errors import ConfigError

SQL = files("fleetglass_collector.store") / "sql"
PROTO = (SQL / "otlp.proto").read_text()
"""The schema that every insert into otlp_in brings along."""

TIMES = {"otel_traces": "toDateTime(Timestamp)", "otel_traces_trace_id_ts": "Start"}
"""For each table that is kept for a while, the time that its retention counts from."""

# How many of the last inserts a table recognises when they come again. A segment is inserted again
# only after an error, before any later one; the rest is room for other collectors.
DEDUPLICATION = "non_replicated_deduplication_window = 10000"
REPLICATED_DEDUPLICATION = (
    "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"
)

# A replica is of all shards' rows, not of one's: for a small table that every node has whole.
EVERY_NODE = "'/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', "

DICTIONARY = "0021_prices_dictionary"

# Nullable, to tell a member of the oneof that is set from one that is not. (What ClickHouse has for
# that, input_format_protobuf_oneof_presence, fails the whole insert where two members are set.)
_SCALARS = (
    "string_value Nullable(String), bool_value Nullable(UInt64), int_value Nullable(Int64), "
    "double_value Nullable(Float64), bytes_value Nullable(String)"
)
PAIRS = (
    f"Array(Tuple(key String, value Tuple({_SCALARS}, "
    f"array_value Tuple(values Array(Tuple({_SCALARS}))))))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    name: str
    sql: str
    checksum: str
    """Of the file, not of what is rendered: a changed retention is no changed migration."""


def migrations(*, cluster: str, retention: Retention, login: str = "") -> Iterator[Migration]:
    """Every migration in order; files named `*.cluster.sql` are for clusters only."""
    variables = _variables(cluster, retention) | {"login": login}
    for file in sorted(SQL.iterdir(), key=lambda file: file.name):
        name, _, suffix = file.name.partition(".")
        if suffix == "sql" or (suffix == "cluster.sql" and cluster):
            yield render(name, file.read_text(), cluster=cluster, variables=variables)


def render(name: str, template: str, *, cluster: str, variables: dict[str, str]) -> Migration:
    kind = "cluster" if cluster else "single"
    checksum = hashlib.sha256(f"{kind}\n{template}".encode()).hexdigest()
    return Migration(name=name, sql=Template(template).substitute(variables), checksum=checksum)


def on_cluster(cluster: str) -> str:
    return f" ON CLUSTER {quoted(cluster)}" if cluster else ""


def local(table: str, *, cluster: str) -> str:
    """The name of the table that holds a node's own rows."""
    return f"{table}_local" if cluster else table


def ttl(table: str, days: int) -> str:
    if days < 1:
        raise ConfigError(f"'retention.{table}' must be at least 1 day, not {days}")
    return f"{TIMES[table]} + toIntervalDay({days})"


def login(user: str, password: str) -> str:
    """How a dictionary is told whose rights it reads with; without it, those of `default`."""
    return f" USER {quoted(user)} PASSWORD {quoted(password)}" if user or password else ""


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _variables(cluster: str, retention: Retention) -> dict[str, str]:
    ttls = {f"ttl_{table}": ttl(table, days) for table, days in kept(retention).items()}
    return ttls | {
        "on_cluster": on_cluster(cluster),
        "cluster": quoted(cluster),
        "local": "_local" if cluster else "",
        "replicated": "Replicated" if cluster else "",
        "on_every_node": EVERY_NODE if cluster else "",
        "deduplication": REPLICATED_DEDUPLICATION if cluster else DEDUPLICATION,
        "pairs": PAIRS,
        "service_name": _conventions.SERVICE_NAME,
        "tenant": _conventions.TENANT,
    }


def kept(retention: Retention) -> dict[str, int]:
    """Days by table."""
    return dataclasses.asdict(retention)
