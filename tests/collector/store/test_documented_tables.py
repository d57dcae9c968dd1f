"""Every table says what it is for, and docs/tables.md says the same.

To accept a change: UPDATE_GOLDEN=1 pytest tests/collector/store/test_documented_tables.py
"""

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from kit.agent_rows import ask
from kit.databases import opened, running_store
from kit.places import ROOT

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_collector.store.schema.rendering import FOLDER

PAGE = ROOT / "docs" / "tables.md"
HEAD = """# Tables

What people may ask, in the order in which they need it most. `fleetglass query "DESCRIBE TABLE
agent_spans"` shows the same. `SELECT name, comment FROM system.tables WHERE database =
currentDatabase()` shows the tables that fleetglass needs for itself, too.
[queries.md](queries.md) has examples.

This page is made from `collector/fleetglass_collector/store/schema/comments/` by
`tests/collector/store/test_documented_tables.py`.
"""
ORDER = (
    *("agent_spans", "agent_minutes", "agent_runs", "incidents", "incident_actions", "signals"),
    *("directives", "fleet_policies", "approvals", "audit_log"),
    *("prices", "span_texts", "otel_traces"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


def columns(store: Store, table: str) -> list[dict[str, Any]]:
    return ask(store, f"SELECT * FROM system.columns WHERE table = '{table}' ORDER BY position")


def comments(store: Store) -> dict[str, str]:
    rows = ask(store, "SELECT name, comment FROM system.tables WHERE database = 'default'")
    return {row["name"]: row["comment"] for row in rows}


def test_each_table_says_what_it_is_for(store: Store) -> None:
    found = comments(store)

    assert [name for name, comment in found.items() if not comment] == []
    assert sorted(name for name in found if not found[name].startswith("Internal: ")) == sorted(
        [*ORDER, "otel_traces_trace_id_ts"]
    )


@pytest.mark.parametrize("table", ORDER)
def test_each_column_says_what_it_is(store: Store, table: str) -> None:
    assert [row["name"] for row in columns(store, table) if not row["comment"]] == []


def test_each_file_of_comments_names_its_object() -> None:
    files = (FOLDER / "comments").iterdir()

    for file in files:
        name = file.name.removesuffix(".sql")
        assert file.read_text().startswith(f"ALTER TABLE {name}${{on_cluster}}\n")


def test_the_page_is_true(store: Store) -> None:
    text = "\n".join([HEAD, *page(store)])
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(text)

    assert text == PAGE.read_text()


def page(store: Store) -> Iterator[str]:
    about = comments(store)
    for table in ORDER:
        yield f"## {table}\n\n{about[table]}.\n\n| column | type | meaning |\n|---|---|---|"
        for row in columns(store, table):
            yield f"| `{row['name']}` | `{row['type']}` | {row['comment']} |"
        yield ""
