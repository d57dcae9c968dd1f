"""Tables are made once; views, functions and dictionaries follow their text."""

import json
import uuid
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path
from shutil import copytree
from types import MappingProxyType

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import DatabaseError, StoreError
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import RECORDS, bring_up_to_date, migrate
from fleetglass_collector.store.schema import clauses
from fleetglass_collector.store.schema.object import SchemaObject
from fleetglass_collector.store.schema.rendering import FOLDER, objects

FIRST = "CREATE TABLE IF NOT EXISTS first (a UInt8) ENGINE = MergeTree ORDER BY a"
SEEN = "CREATE OR REPLACE VIEW seen AS SELECT * FROM first"
# As every version before the schema had one file for each object made it.
RECORDS_BEFORE = f"""CREATE TABLE {RECORDS}
    (name String, checksum String, applied_at DateTime64(3) DEFAULT now64(3))
    ENGINE = ReplacingMergeTree ORDER BY (name, checksum)"""


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        yield dsn


@pytest.fixture
def store(dsn: str) -> Generator[Store]:
    """A database of its own for each test, which does not exist yet."""
    with opened(dsn, database=f"test {uuid.uuid4().hex}") as store:
        yield store


def run(store: Store, **days: int) -> list[str]:
    return migrate(store, cluster="", retention=Retention(**days))


def column(store: Store, sql: str) -> list[str]:
    return [
        str(*json.loads(line)) for line in store.query(sql, fmt="JSONCompactEachRow").splitlines()
    ]


def records(store: Store) -> list[str]:
    return column(store, f"SELECT DISTINCT name FROM {RECORDS} ORDER BY name")


def add(name: str) -> str:
    return f"ALTER TABLE first ADD COLUMN IF NOT EXISTS {name} UInt8"


def with_more_columns(table: str) -> str:
    return table.replace("(\n", "(\n    more String,\n", 1)


def objects_of(
    folder: Path, edits: Mapping[str, Callable[[str], str]] = MappingProxyType({})
) -> list[SchemaObject]:
    """Return the objects of a copy of the schema with some edited files."""
    with as_file(FOLDER) as original:
        copytree(original, folder, dirs_exist_ok=True)
    for path, edit in edits.items():
        file = folder / f"{path}.sql"
        file.write_text(edit(file.read_text()))
    return objects(cluster="", retention=Retention(), folder=folder)


def test_the_first_run_makes_everything_and_the_second_nothing(store: Store) -> None:
    done = run(store)

    assert done == [each.records[-1] for each in objects(cluster="", retention=Retention())]
    assert run(store) == []
    assert records(store) == sorted(done)
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
        "fleet_policies",
        "approval_requests",
        "approval_decisions",
        "approvals",
        "audit_log",
        "directives",
        "span_texts",
        "signals",
        "incidents_rows",
        "incident_actions",
        "incidents",
    }


def test_several_collectors_can_start_at_once(dsn: str) -> None:
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
    store.command(f"DELETE FROM {RECORDS} WHERE name >= 'o'")

    assert run(store) == [name for name in done if name >= "o"]
    assert column(store, "EXISTS otel_traces_from_otlp") == ["1"]


def test_a_run_that_fails_records_what_it_made(store: Store) -> None:
    run(store)
    first = SchemaObject(name="first", create=FIRST, checksum="1")
    broken = SchemaObject(name="broken", create="CREATE NONSENSE", checksum="1")
    store.command(f"TRUNCATE TABLE {RECORDS}")

    with pytest.raises(StoreError, match="NONSENSE"):
        bring_up_to_date(store, [first, broken])
    assert records(store) == ["first"]


def test_a_changed_retention_changes_the_table(store: Store) -> None:
    run(store, otel_traces=7)
    changed = run(store, otel_traces=30)

    assert changed == ["retention of otel_traces: 30 days"]
    assert "toIntervalDay(30)" in column(store, "SHOW CREATE TABLE otel_traces")[0]
    assert run(store, otel_traces=30) == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("0001_otlp_in", "it has '0001_otlp_in', which this version does not know"),
        ("otel_traces.2", "it has 'otel_traces.2', which this version does not know"),
        ("otel_traces_local", "it has 'otel_traces_local', which this version does not know"),
        ("otel_traces", "its table 'otel_traces' is not the one of this version"),
    ],
)
def test_a_store_of_another_version_is_refused_and_left_alone(
    store: Store, record: str, reason: str
) -> None:
    store.create_database("")
    store.command(RECORDS_BEFORE)
    store.command(f"INSERT INTO {RECORDS} (name, checksum) VALUES ('{record}', 'another')")

    with pytest.raises(DatabaseError, match=reason) as caught:
        run(store)
    assert "start with a new --data folder" in str(caught.value)
    # The shipper logs no more of it.
    assert len(str(caught.value)) <= 300
    assert column(store, "SHOW TABLES") == [RECORDS]


def test_a_later_version_of_a_table_alters_the_one_that_is_there(store: Store) -> None:
    run(store)
    store.command(f"TRUNCATE TABLE {RECORDS}")
    first = SchemaObject(name="first", create=FIRST, checksum="1")
    view = SchemaObject(name="seen", create=SEEN, update=SEEN, checksum="1")
    assert bring_up_to_date(store, [first, view]) == ["first", "seen"]

    second = replace(first, checksum="2", alterations=(add("b"),))
    third = replace(first, checksum="3", alterations=(add("b"), add("c")))
    view = replace(view, checksum="2")

    assert bring_up_to_date(store, [third, view]) == ["first.2", "first.3", "seen"]
    assert bring_up_to_date(store, [third, view]) == []
    assert column(store, "SELECT name FROM system.columns WHERE table = 'seen'") == ["a", "b", "c"]
    with pytest.raises(DatabaseError, match="'first.3', which this version does not know"):
        bring_up_to_date(store, [second, view])
    with pytest.raises(DatabaseError, match="its table 'first' is not the one"):
        bring_up_to_date(store, [replace(third, checksum="4"), view])


def test_a_new_table_has_its_latest_version_at_once(store: Store) -> None:
    run(store)
    store.command(f"TRUNCATE TABLE {RECORDS}")
    latest = SchemaObject(name="first", create=FIRST, checksum="2", alterations=("NONSENSE",))

    assert bring_up_to_date(store, [latest]) == ["first.2"]
    assert bring_up_to_date(store, [latest]) == []


def test_dictionaries_get_the_configured_login_at_every_start(store: Store) -> None:
    run(store)
    for user in ("default", "it's"):
        login = clauses.login(user, "secret")
        migrate(store, cluster="", retention=Retention(), login=login)

        made = column(store, "SHOW CREATE DICTIONARY prices_now")[0]
        assert f"USER {clauses.quoted(user)} PASSWORD '[HIDDEN]'" in made


def test_without_a_user_no_login_is_named() -> None:
    assert clauses.login("", "") == ""


def test_a_materialized_view_made_from_an_older_table_of_dialects_is_updated(store: Store) -> None:
    run(store)
    view = "span_facts_mv"
    store.command(f"ALTER TABLE {view} MODIFY QUERY SELECT tenant, segment FROM otlp_spans")
    store.command(f"INSERT INTO {RECORDS} (name, checksum) VALUES ('{view}', 'older')")

    assert run(store) == [view]
    assert run(store) == []
    assert "arrayMap" in column(store, f"SHOW CREATE TABLE {view}")[0]


def test_a_changed_function_updates_all_that_use_it(store: Store, tmp_path: Path) -> None:
    """Also through another function: fleetglassArgumentsHash calls fleetglassUnwrapped."""
    run(store)
    function = "CREATE OR REPLACE FUNCTION fleetglassUnwrapped AS text -> concat('<', text, '>')"
    changed = objects_of(tmp_path, {"text/fleetglassUnwrapped": lambda _: function})

    assert bring_up_to_date(store, changed) == [
        "fleetglassUnwrapped",
        "span_texts",
        "fleetglassArgumentsHash",
        "agent_spans_from_facts",
        "span_texts.comments",
        "agent_spans_from_facts.comments",
    ]
    for view in ("span_texts", "agent_spans_from_facts"):
        assert "concat('<'" in column(store, f"SHOW CREATE TABLE {view}")[0]
    assert bring_up_to_date(store, changed) == []


def test_a_changed_table_updates_the_views_that_read_it(tmp_path: Path) -> None:
    before = objects_of(tmp_path / "before")
    changed = objects_of(tmp_path / "changed", {"incidents/incidents_rows": with_more_columns})
    updated = [a.name for a, b in zip(before, changed, strict=True) if a.checksum != b.checksum]

    made = ["incidents_rows", "incidents"]
    assert updated == [*made, *(f"{name}.comments" for name in made)]


def test_a_comment_or_a_line_break_changes_nothing(tmp_path: Path) -> None:
    before = objects_of(tmp_path / "before")
    changed = objects_of(
        tmp_path / "changed",
        {
            "text/fleetglassUnwrapped": lambda text: f"-- More.\n{text}",
            "otlp/otlp_in": lambda text: text.replace("\n    ", "\n\n        "),
        },
    )

    assert [each.checksum for each in changed] == [each.checksum for each in before]


def test_the_lease_of_a_store_from_before_becomes_one_that_is_taken_once(store: Store) -> None:
    run(store)
    store.command("DROP TABLE settled SYNC")
    store.command(
        "CREATE TABLE settled (segment UInt64, holder String, at DateTime64(3) DEFAULT now64(3)) "
        "ENGINE = ReplacingMergeTree(at) ORDER BY tuple()"
    )
    store.command(f"DELETE FROM {RECORDS} WHERE name = 'settled.2'")
    store.insert(RECORDS, b'{"name": "settled", "checksum": "1"}')

    assert run(store) == ["settled.2"]
    for holder in ("first", "second"):
        row = json.dumps({"segment": 1, "holder": holder})
        store.insert("settled", row.encode(), token="after nobody")
    assert column(store, "SELECT holder FROM settled") == ["first"]


def test_a_store_without_comments_gets_them(store: Store) -> None:
    run(store)
    store.command("ALTER TABLE agent_runs MODIFY COMMENT '', COMMENT COLUMN run_id ''")
    store.command(f"DELETE FROM {RECORDS} WHERE endsWith(name, '.comments')")

    assert {name.rpartition(".")[2] for name in run(store)} == {"comments"}
    assert column(store, COMMENT.format("agent_runs", "run_id")) != [""]


def test_a_view_that_is_made_again_keeps_its_comments(store: Store, tmp_path: Path) -> None:
    run(store)
    changed = objects_of(
        tmp_path, {"spans/agent_spans": lambda sql: sql.replace("FINAL", "FINAL WHERE 1")}
    )

    done = bring_up_to_date(store, changed)

    assert done == ["agent_spans", "agent_spans.comments"]
    assert column(store, COMMENT.format("agent_spans", "run_id")) != [""]


COMMENT = (
    "SELECT comment FROM system.columns"
    " WHERE database = currentDatabase() AND table = '{}' AND name = '{}'"
)
