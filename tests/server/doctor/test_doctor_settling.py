"""The doctor notices when no process settles spans."""

from pathlib import Path

from kit.databases import opened, running_store

from fleetglass_collector.config import Config, Retention, load
from fleetglass_collector.store.migrate import migrate
from fleetglass_server.doctor import database
from fleetglass_server.doctor.check import Check, Level


def check(config: Config) -> Check:
    (check,) = database.settling(config)
    return check


def test_settling_not_started_is_a_note_and_settling_stopped_a_failure(tmp_path: Path) -> None:
    with running_store(tmp_path) as dsn, opened(dsn) as store:
        config = load(None, {"FLEETGLASS_QUERY_LISTEN": dsn.partition("@")[2]})
        migrate(store, cluster="", retention=Retention())
        before = check(config)
        store.command("INSERT INTO settled (segment, at) VALUES (1, now64(3) - 100)")
        stopped = check(config)
        store.command("INSERT INTO settled (segment) VALUES (2)")
        working = check(config)

    assert (before.level, stopped.level, working.level) == (Level.NOTE, Level.FAIL, Level.OK)
    assert "fleetglass settle" in stopped.advice
