"""Checks the database: that it answers, that its clock is right, and that it has our tables."""

from collections.abc import Callable, Generator, Mapping, Sequence

from fleetglass_collector.config import Config
from fleetglass_collector.errors import DatabaseError, StoreError
from fleetglass_collector.store.migrate import RECORDS
from fleetglass_collector.store.plan import difference, pending
from fleetglass_collector.store.reader import Reader
from fleetglass_collector.store.schema.object import SchemaObject
from fleetglass_collector.store.schema.rendering import objects
from fleetglass_server.doctor.check import Check

MOST_APART_S = 5.0
SILENT_S = 60
UNKNOWN_TABLE = 60


def server(config: Config, clock_ns: Callable[[], int]) -> Generator[Check]:
    reader = Reader.of(config)
    before_ns = clock_ns()
    try:
        rows = reader.rows(
            "SELECT version() AS version, toString(toUnixTimestamp64Nano(now64(9))) AS now"
        )
        if not rows:
            raise DatabaseError(f"{reader.endpoint} is not ClickHouse")
    except StoreError as error:
        yield _away(config, error)
        return
    middle_ns = (before_ns + clock_ns()) // 2
    yield Check.ok("database", f"{reader.endpoint} answers, ClickHouse {rows[0]['version']}")
    yield _clocks(int(rows[0]["now"]) - middle_ns)


def tables(config: Config) -> Generator[Check]:
    """Compare the objects that the database has recorded with those of this version."""
    wanted = objects(cluster=config.store.cluster, retention=config.retention)
    try:
        rows = Reader.of(config).rows(
            f"SELECT name, argMax(checksum, applied_at) AS checksum FROM {RECORDS} GROUP BY name"
        )
    except StoreError as error:
        if error.code == UNKNOWN_TABLE:
            yield Check.note(
                "tables", "none yet", "start a collector, it makes them: fleetglass up"
            )
        elif error.code:
            advice = "grant the user in store.dsn SELECT on the tables"
            yield Check.fail("tables", str(error), advice)
        # Without a code, the database is down. The check before this one has reported that.
        return
    yield _compared(wanted, {str(row["name"]): str(row["checksum"]) for row in rows})


def settling(config: Config) -> Generator[Check]:
    """Check that spans are being settled: the settling process writes a row every ten seconds."""
    try:
        rows = Reader.of(config).rows(
            "SELECT count() AS n, dateDiff('second', max(at), now64(3)) AS ago FROM settled"
        )
    except StoreError:
        # The tables are missing, or the database is down. Checks before this have reported that.
        return
    ago = int(rows[0]["ago"])
    if not int(rows[0]["n"]):
        advice = "'fleetglass up' does it seconds after its start; else start fleetglass settle"
        yield Check.note("settling", "not done yet", advice)
    elif ago > SILENT_S:
        finding = f"stopped {ago} s ago: agents and costs in the database are out of date"
        advice = "start one settling process: fleetglass settle (fleetglass up includes it)"
        yield Check.fail("settling", finding, advice)
    else:
        yield Check.ok("settling", f"last done {ago} s ago")


def _away(config: Config, error: StoreError) -> Check:
    if not config.is_remote and "refused" in str(error):
        return Check.note("database", "not running", "start it: fleetglass up")
    advice = (
        "check store.dsn, that the server is running, and that it accepts this machine and user"
    )
    local_advice = "start it: fleetglass up"
    return Check.fail("database", str(error), advice if config.is_remote else local_advice)


def _clocks(apart_ns: int) -> Check:
    finding = f"the clocks of the database and this machine differ by {abs(apart_ns) / 1e9:.3f} s"
    if abs(apart_ns) > MOST_APART_S * 1e9:
        return Check.fail("clocks", finding, "use NTP on both: timedatectl set-ntp true")
    return Check.ok("clocks", finding)


def _compared(wanted: Sequence[SchemaObject], recorded: Mapping[str, str]) -> Check:
    if reason := difference(wanted, recorded):
        return Check.fail(
            "tables",
            f"another version of fleetglass or another store.cluster made them: {reason}",
            "run that version, or start with a new --data folder and store.database",
        )
    if steps := [step.record for step in pending(wanted, recorded)]:
        return Check.fail(
            "tables",
            f"{len(steps)} tables, views, functions or comments are missing or outdated, "
            f"first {steps[0]!r}",
            "a collector of this version makes them: restart it, and see what it logs",
        )
    finding = f"all {len(wanted)} tables, views, functions and comments are up to date"
    return Check.ok("tables", finding)
