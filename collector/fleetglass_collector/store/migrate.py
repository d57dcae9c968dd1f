"""Bring a database's objects up to what this version expects."""

import json
import re
import secrets
from collections.abc import Sequence

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import DatabaseError, StoreError
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.plan import difference, pending
from fleetglass_collector.store.schema.clauses import local, on_cluster
from fleetglass_collector.store.schema.listing import Entry
from fleetglass_collector.store.schema.object import SchemaObject, Step
from fleetglass_collector.store.schema.rendering import objects
from fleetglass_collector.store.schema.retention import days_by_table, ttl

RECORDS = "fleetglass_migrations"

# Another collector made or changed the object after the server looked and before it acted. The
# second attempt finds the object.
LOST_RACES = frozenset(
    # TABLE_ALREADY_EXISTS, FUNCTION_ALREADY_EXISTS, CANNOT_ASSIGN_ALTER
    {57, 609, 517}
)


def migrate(store: Store, *, cluster: str, retention: Retention, login: str = "") -> list[str]:
    """Make or update what is missing or outdated; return the names of what was done.

    On a server a dictionary reads with the rights of a user: `login` is the clause that names it.

    Every statement can be repeated, so two collectors that start at once, or one that was killed
    half-way, do no harm.

    Raises:
        StoreError: The database does not answer.
        DatabaseError: Another version of fleetglass made the tables.
    """
    store.create_database(on_cluster(cluster))
    store.command(_records_table(cluster))
    wanted = objects(cluster=cluster, retention=retention, login=login)
    done = bring_up_to_date(store, wanted)
    if login:
        _renew_login(store, [each for each in wanted if each.uses_login and each.name not in done])
    _make_secret(store, cluster)
    return done + _retain(store, cluster=cluster, retention=retention)


def make(store: Store, listing: Sequence[Entry], *, retention: Retention) -> None:
    """Make these objects in a new store that nobody will bring up to date."""
    for each in objects(cluster="", retention=retention, listing=listing):
        store.command(each.create)
    _make_secret(store, "")


def bring_up_to_date(store: Store, wanted: Sequence[SchemaObject]) -> list[str]:
    """Run what is pending; return the names of the records.

    Raises:
        DatabaseError: Another version of fleetglass made the tables. Nothing has run.
    """
    recorded = _recorded(store)
    if reason := difference(wanted, recorded):
        raise DatabaseError(
            f"another version of fleetglass, or another store.cluster, made the tables of database "
            f"{store.database!r}: {reason}. Run that version, or start with a new --data folder "
            "(on a database server, with another store.database too)"
        )
    done: list[Step] = []
    try:
        for step in pending(wanted, recorded):
            _run(store, step.sql)
            done.append(step)
    finally:
        _record(store, done)
    return [step.record for step in done]


def _run(store: Store, sql: str) -> None:
    try:
        store.command(sql)
    except StoreError as error:
        if error.code not in LOST_RACES:
            raise
        store.command(sql)


def _record(store: Store, steps: Sequence[Step]) -> None:
    rows = [{"name": step.record, "checksum": step.checksum} for step in steps]
    if rows:
        store.insert(RECORDS, "\n".join(map(json.dumps, rows)).encode())


def _renew_login(store: Store, dictionaries: Sequence[SchemaObject]) -> None:
    """Make dictionaries again: the password may be another than last time."""
    for dictionary in dictionaries:
        store.command(dictionary.create)


def _make_secret(store: Store, cluster: str) -> None:
    """Make the key of the fingerprints, once."""
    if int(store.query("SELECT count() FROM fleetglass_secret.keys", fmt="TSVRaw")):
        return
    k0, k1 = secrets.randbits(64), secrets.randbits(64)
    store.command(f"INSERT INTO fleetglass_secret.keys (id, k0, k1) VALUES (1, {k0}, {k1})")
    store.command(f"SYSTEM RELOAD DICTIONARY{on_cluster(cluster)} fleetglass_secret.key")


def _records_table(cluster: str) -> str:
    engine = "ReplicatedReplacingMergeTree" if cluster else "ReplacingMergeTree"
    return (
        f"CREATE TABLE IF NOT EXISTS {RECORDS}{on_cluster(cluster)} "
        "(name String, checksum String, applied_at DateTime64(3) DEFAULT now64(3)) "
        f"ENGINE = {engine} ORDER BY (name, checksum) "
        "COMMENT 'Internal: what fleetglass made of this database, and from which texts'"
    )


def _recorded(store: Store) -> dict[str, str]:
    # Two collectors that start at once may both have recorded an object; a view may have several.
    rows = store.query(
        f"SELECT name, argMax(checksum, applied_at) AS checksum FROM {RECORDS} GROUP BY name"
    )
    return {row["name"]: row["checksum"] for row in map(json.loads, rows.splitlines())}


def _retain(store: Store, *, cluster: str, retention: Retention) -> list[str]:
    """Give each table the retention that is configured now."""
    engines = _engines(store)
    changed: list[str] = []
    for table, days in days_by_table(retention).items():
        name = local(table, cluster=cluster)
        current = re.search(r"toIntervalDay\((\d+)\)", engines.get(name, ""))
        if current is None or int(current[1]) != days:
            clause = on_cluster(cluster)
            store.command(f"ALTER TABLE {name}{clause} MODIFY TTL {ttl(table, days)}")
            changed.append(f"retention of {table}: {days} days")
    return changed


def _engines(store: Store) -> dict[str, str]:
    rows = store.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    )
    return {row["name"]: row["engine_full"] for row in map(json.loads, rows.splitlines())}
