"""The SQL files, rendered for one server or for a cluster."""

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from fleetglass import conventions
from fleetglass_collector.config import Retention
from fleetglass_collector.dialects import sql as dialects
from fleetglass_collector.errors import ConfigError

SQL = files("fleetglass_collector.store") / "sql"
PROTO = (SQL / "otlp.proto").read_text()
"""The schema that every insert into otlp_in brings along."""

TIMES = {
    "otel_traces": "toDateTime(Timestamp)",
    "otel_traces_trace_id_ts": "Start",
    "agent_spans_rows": "toDateTime(start_time)",
    "agent_minutes": "minute",
    "agent_runs": "day",
}
"""For each table that is kept for a while, the time that its retention counts from."""

# How many of the last inserts a table recognises when they come again. A segment is inserted again
# only after an error, before any later one; the rest is room for other collectors.
DEDUPLICATION = "non_replicated_deduplication_window = 10000"
REPLICATED_DEDUPLICATION = (
    "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"
)

# A replica is of all shards' rows, not of one's: for a small table that every node has whole.
EVERY_NODE = "'/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', "

DICTIONARIES = ("0014c_secret_key", "0021_prices_dictionary")

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
    changed: str = ""
    """For a view that is made from the table of dialects: what brings an older one up to date."""


def migrations(*, cluster: str, retention: Retention, login: str = "") -> Iterator[Migration]:
    """Every migration in order; files named `*.cluster.sql` are for clusters only."""
    variables = _variables(cluster, retention) | {"login": login}
    for file in sorted(SQL.iterdir(), key=lambda file: file.name):
        name, _, suffix = file.name.partition(".")
        if suffix == "sql" or (suffix == "cluster.sql" and cluster):
            yield render(name, file.read_text(), cluster=cluster, variables=variables)
        elif suffix == "view.sql":
            yield view(name, file.read_text(), cluster=cluster, variables=variables)


def render(name: str, template: str, *, cluster: str, variables: dict[str, str]) -> Migration:
    sql = Template(template).substitute(variables)
    return Migration(name=name, sql=sql, checksum=_checksum(template, cluster))


def view(name: str, template: str, *, cluster: str, variables: dict[str, str]) -> Migration:
    """A view that is brought up to date when what it is made from has changed."""
    sql = Template(template).substitute(variables)
    if "CREATE OR REPLACE VIEW" in sql:
        return Migration(name=name, sql=sql, checksum=_checksum(sql, cluster), changed=sql)
    head, _, query = sql.partition(" AS\n")
    found = re.search(r"^CREATE MATERIALIZED VIEW IF NOT EXISTS (.+) TO \w+$", head, re.MULTILINE)
    if found is None:
        raise ValueError(f"{name!r} does not begin as a materialized view does")
    changed = f"ALTER TABLE {found[1]} MODIFY QUERY\n{query}"
    return Migration(name=name, sql=sql, checksum=_checksum(sql, cluster), changed=changed)


def _checksum(text: str, cluster: str) -> str:
    kind = "cluster" if cluster else "single"
    return hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()


def on_cluster(cluster: str) -> str:
    return f" ON CLUSTER {quoted(cluster)}" if cluster else ""


def local(table: str, *, cluster: str) -> str:
    """The name of the table that holds a node's own rows."""
    return f"{table}_local" if cluster else table


def ttl(table: str, days: int) -> str:
    if days < 1:
        raise ConfigError(
            f"'retention.{table.removesuffix('_rows')}' must be at least 1 day, not {days}"
        )
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
        "service_name": conventions.SERVICE_NAME,
        "tenant": conventions.TENANT,
        **dialects.variables(),
    }


def kept(retention: Retention) -> dict[str, int]:
    """Days by table."""
    days: dict[str, int] = dataclasses.asdict(retention)
    # What people read under that name is a view.
    return days | {"agent_spans_rows": days.pop("agent_spans")}
