"""Bring a database's tables up to what this version expects."""

import json
import re
import secrets

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import DatabaseError, StoreError
from fleetglass_collector.store import schema
from fleetglass_collector.store.client import Store

RECORDS = "fleetglass_migrations"

# Another collector was faster, between the server's look and its act; the second look finds it.
LOST_RACES = frozenset({57, 609})  # TABLE_ALREADY_EXISTS, FUNCTION_ALREADY_EXISTS


def migrate(store: Store, *, cluster: str, retention: Retention, login: str = "") -> list[str]:
    """Apply, in order, what was not applied yet; return the names of what was done.

    On a server the dictionary reads with rights of its own: `login` is the clause that says whose.

    Every statement can be repeated, so two collectors that start at once, or one that was killed
    half-way, do no harm.

    Raises:
        StoreError: The database does not answer, or holds tables that another version made.
    """
    store.create_database(schema.on_cluster(cluster))
    store.command(_records_table(cluster))
    applied = _applied(store)
    done: list[str] = []
    for migration in schema.migrations(cluster=cluster, retention=retention, login=login):
        known = applied.get(migration.name)
        if known is None:
            _apply(store, migration, migration.sql)
            done.append(migration.name)
        elif known != migration.checksum and migration.changed:
            _apply(store, migration, migration.changed)
            done.append(migration.name)
        elif known != migration.checksum:
            raise DatabaseError(
                f"migration {migration.name!r} was applied to database {store.database!r} in "
                "another form: the file was changed since, or the database was made with another "
                "cluster setting. Undo the change, or use another database",
            )
        elif login and migration.name in schema.DICTIONARIES:
            # The password may be another than last time.
            store.command(migration.sql)
    _make_secret(store, cluster)
    return done + _retain(store, cluster=cluster, retention=retention)


def _apply(store: Store, migration: schema.Migration, sql: str) -> None:
    try:
        store.command(sql)
    except StoreError as error:
        if error.code not in LOST_RACES:
            raise
        store.command(sql)
    store.command(
        f"INSERT INTO {RECORDS} (name, checksum) VALUES "
        f"({schema.quoted(migration.name)}, {schema.quoted(migration.checksum)})"
    )


def _make_secret(store: Store, cluster: str) -> None:
    """Once, the key of the fingerprints."""
    if int(store.query("SELECT count() FROM fleetglass_secret.keys", fmt="TSVRaw")):
        return
    k0, k1 = secrets.randbits(64), secrets.randbits(64)
    store.command(f"INSERT INTO fleetglass_secret.keys (id, k0, k1) VALUES (1, {k0}, {k1})")
    store.command(f"SYSTEM RELOAD DICTIONARY{schema.on_cluster(cluster)} fleetglass_secret.key")


def _records_table(cluster: str) -> str:
    engine = "ReplicatedReplacingMergeTree" if cluster else "ReplacingMergeTree"
    return (
        f"CREATE TABLE IF NOT EXISTS {RECORDS}{schema.on_cluster(cluster)} "
        "(name String, checksum String, applied_at DateTime64(3) DEFAULT now64(3)) "
        f"ENGINE = {engine} ORDER BY (name, checksum)"
    )


def _applied(store: Store) -> dict[str, str]:
    # Two collectors that start at once may both have recorded a migration; a view may have several.
    rows = store.query(
        f"SELECT name, argMax(checksum, applied_at) AS checksum FROM {RECORDS} GROUP BY name"
    )
    return {row["name"]: row["checksum"] for row in map(json.loads, rows.splitlines())}


def _retain(store: Store, *, cluster: str, retention: Retention) -> list[str]:
    """Give each table the retention that is configured now."""
    engines = _engines(store)
    changed: list[str] = []
    for table, days in schema.kept(retention).items():
        name = schema.local(table, cluster=cluster)
        current = re.search(r"toIntervalDay\((\d+)\)", engines.get(name, ""))
        if current is None or int(current[1]) != days:
            clause = schema.on_cluster(cluster)
            store.command(f"ALTER TABLE {name}{clause} MODIFY TTL {schema.ttl(table, days)}")
            changed.append(f"retention of {table}: {days} days")
    return changed


def _engines(store: Store) -> dict[str, str]:
    rows = store.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    )
    return {row["name"]: row["engine_full"] for row in map(json.loads, rows.splitlines())}
