"""Tables are made once, whoever makes them and however often."""

import json
import uuid
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import DatabaseError, StoreError
from fleetglass_collector.store import schema
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        yield dsn


@pytest.fixture
def store(dsn: str) -> Generator[Store]:
    """A database of its own for each test, not made yet."""
    with opened(dsn, database=f"test {uuid.uuid4().hex}") as store:
        yield store


def run(store: Store, **days: int) -> list[str]:
    return migrate(store, cluster="", retention=Retention(**days))


def column(store: Store, sql: str) -> list[str]:
    return [
        str(*json.loads(line)) for line in store.query(sql, fmt="JSONCompactEachRow").splitlines()
    ]


def test_the_first_run_does_all_and_the_second_nothing(store: Store) -> None:
    done = run(store)

    assert done[0] == "0001_otlp_in"
    assert run(store) == []
    assert set(column(store, "SHOW TABLES")) == {
        "fleetglass_migrations",
        "otel_traces",
        "otel_traces_from_otlp",
        "otel_traces_trace_id_ts",
        "otel_traces_trace_id_ts_mv",
        "otlp_in",
        "prices",
        "prices_now",
        "otlp_spans",
        "otlp_spans_mv",
        "span_facts",
        "span_facts_mv",
        "agent_spans_from_facts",
        "agent_spans_in",
        "agent_spans_rows",
        "agent_spans_rows_mv",
        "agent_spans",
        "agent_minutes",
        "agent_minutes_mv",
        "agent_runs",
        "agent_runs_mv",
        "settled",
        "directives",
        "span_texts",
        "signals",
        "incidents_rows",
        "incident_actions",
        "incidents",
    }


def test_several_at_once_end_up_with_the_same(dsn: str) -> None:
    database = f"race_{uuid.uuid4().hex}"

    def start(_: int) -> list[str]:
        with opened(dsn, database=database) as store:
            return run(store)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))

    assert start(0) == []


def test_a_run_that_was_cut_short_is_completed(store: Store) -> None:
    done = run(store)
    store.command("DROP TABLE otel_traces_from_otlp")
    store.command("DELETE FROM fleetglass_migrations WHERE name >= '0009'")

    assert run(store) == [name for name in done if name >= "0009"]


def test_a_changed_retention_changes_the_table(store: Store) -> None:
    run(store, otel_traces=7)
    changed = run(store, otel_traces=30)

    assert changed == ["retention of otel_traces: 30 days"]
    assert "toIntervalDay(30)" in column(store, "SHOW CREATE TABLE otel_traces")[0]
    assert run(store, otel_traces=30) == []


def test_an_applied_migration_that_changed_is_an_error(store: Store) -> None:
    run(store)
    store.command(
        "ALTER TABLE fleetglass_migrations DELETE WHERE name = '0006_id'"
        " SETTINGS mutations_sync = 2"
    )
    store.command("INSERT INTO fleetglass_migrations (name, checksum) VALUES ('0006_id', 'other')")

    with pytest.raises(StoreError, match="'0006_id' was applied .* in another form") as caught:
        run(store)
    assert isinstance(caught.value, DatabaseError)


def test_the_dictionary_is_told_whose_rights_it_has_at_every_start(store: Store) -> None:
    run(store)
    for user in ("default", "it's"):
        login = schema.login(user, "secret")
        migrate(store, cluster="", retention=Retention(), login=login)

        made = column(store, "SHOW CREATE DICTIONARY prices_now")[0]
        assert f"USER {schema.quoted(user)} PASSWORD '[HIDDEN]'" in made


def test_without_a_login_none_is_told() -> None:
    assert schema.login("", "") == ""


def test_a_view_made_from_an_older_table_of_dialects_is_brought_up_to_date(store: Store) -> None:
    run(store)
    view = "0038_span_facts_mv"
    store.command("ALTER TABLE span_facts_mv MODIFY QUERY SELECT tenant, segment FROM otlp_spans")
    store.command(f"INSERT INTO fleetglass_migrations (name, checksum) VALUES ('{view}', 'older')")

    assert run(store) == [view]
    assert run(store) == []
    assert "arrayMap" in column(store, "SHOW CREATE TABLE span_facts_mv")[0]
