"""The doctor compares the database's tables with those of this version."""

from pathlib import Path

from kit.databases import opened, running_store

from fleetglass_collector.config import Config, Retention, load
from fleetglass_collector.store.migrate import RECORDS, migrate
from fleetglass_server.doctor import database
from fleetglass_server.doctor.check import Check, Level


def tables(config: Config) -> Check:
    (check,) = database.tables(config)
    return check


def test_the_doctor_tells_current_outdated_and_foreign_tables_apart(tmp_path: Path) -> None:
    with running_store(tmp_path) as dsn, opened(dsn) as store:
        config = load(None, {"FLEETGLASS_QUERY_LISTEN": dsn.partition("@")[2]})
        none_yet = tables(config)
        migrate(store, cluster="", retention=Retention())
        current = tables(config)
        store.command(f"INSERT INTO {RECORDS} (name, checksum) VALUES ('incidents', 'older')")
        outdated = tables(config)
        store.command(f"INSERT INTO {RECORDS} (name, checksum) VALUES ('0001_otlp_in', 'older')")
        foreign = tables(config)

    levels = [check.level for check in (none_yet, current, outdated, foreign)]
    assert levels == [Level.NOTE, Level.OK, Level.FAIL, Level.FAIL]
    assert "first 'incidents'" in outdated.finding
    assert "restart" in outdated.advice
    assert "it has '0001_otlp_in', which this version does not know" in foreign.finding
    assert "new --data folder" in foreign.advice
