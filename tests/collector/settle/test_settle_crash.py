"""A settler that is cut off and restarted on its folder ends in the right sums."""

import uuid
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from kit.agent_requests import Sent, request
from kit.agent_rows import ask, empty
from kit.agent_sums import assert_sums_are_right
from kit.databases import opened, running_store, segment
from kit.short_book import ShortBook
from kit.stack import eventually

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import StoreError
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

Cut = Callable[[Store, pytest.MonkeyPatch], None]

BOSS = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "boss"}
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 1000,
}
RUN = (
    Sent(id="boss", facts=BOSS | {"gen_ai.usage.input_tokens": 1000}),
    Sent(id="step", parent="boss"),
    Sent(id="call", parent="step", facts=CALL),
)
IS_LATER = "SELECT max(looked) + 2 < now() AS later FROM settled"
AS_IT_WAS = [{"agent": "boss", "spans": 3, "tokens": 1000, "cost": 0.00015}]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        for table in ("agent_spans_rows", "agent_minutes", "agent_runs"):
            store.command(f"SYSTEM STOP TTL MERGES {table}")
        yield store


def before_it_is_sent(store: Store, patch: pytest.MonkeyPatch) -> None:
    def insert(*_: object, **__: object) -> None:
        raise StoreError("cut off")

    patch.setattr(store, "insert", insert)


def before_it_is_delivered(store: Store, patch: pytest.MonkeyPatch) -> None:
    through = store.insert

    def insert(table: str, *given: Any, **named: Any) -> None:
        if table == "agent_spans_in":
            raise StoreError("cut off")
        through(table, *given, **named)

    patch.setattr(store, "insert", insert)


def before_it_is_confirmed(store: Store, patch: pytest.MonkeyPatch) -> None:
    through = store.insert

    def insert(table: str, *given: Any, **named: Any) -> None:
        through(table, *given, **named)
        if table == "agent_spans_in":
            raise StoreError("cut off")

    patch.setattr(store, "insert", insert)


def between_rows_and_minutes(store: Store, patch: pytest.MonkeyPatch) -> None:
    store.command("RENAME TABLE agent_minutes TO agent_minutes_away")


def between_rows_and_runs(store: Store, patch: pytest.MonkeyPatch) -> None:
    store.command("RENAME TABLE agent_runs TO agent_runs_away")


def healed(store: Store, patch: pytest.MonkeyPatch) -> None:
    patch.undo()
    away = ask(store, "SELECT name FROM system.tables WHERE endsWith(name, '_away')")
    for name in (row["name"] for row in away):
        store.command(f"RENAME TABLE {name} TO {name.removesuffix('_away')}")


@contextmanager
def opened_settler(store: Store, folder: Path) -> Generator[Settler]:
    with closing(Settler(store, folder, ShortBook())) as settler:
        settler.start()
        yield settler


def settle(store: Store, folder: Path) -> None:
    with opened_settler(store, folder) as settler:
        settler.settle()


@pytest.mark.parametrize(
    "cut",
    [
        before_it_is_sent,
        before_it_is_confirmed,
        between_rows_and_minutes,
        between_rows_and_runs,
    ],
)
def test_a_restart_completes_an_insert_that_was_cut_off(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: Cut
) -> None:
    empty(store)
    settle(store, tmp_path)
    # Twice, and the agent last: there is something to take back and something to change.
    for number, part in enumerate((RUN[1:], RUN[2:], RUN), start=1):
        store.insert_segment(segment([request(part)], number=number), uuid.uuid4().hex)

    for _ in range(2):
        cut(store, monkeypatch)
        with pytest.raises(StoreError):
            settle(store, tmp_path)
        healed(store, monkeypatch)
    settle(store, tmp_path)

    found = "SELECT agent, count() AS spans, sum(input_tokens) AS tokens, sum(cost) AS cost"
    assert ask(store, f"{found} FROM agent_spans GROUP BY agent") == AS_IT_WAS
    assert_sums_are_right(store)


def test_what_was_left_unsent_is_right_after_the_table_got_other_columns(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty(store)
    for number, part in enumerate((RUN[1:], RUN), start=1):
        store.insert_segment(segment([request(part)], number=number), uuid.uuid4().hex)
    before_it_is_delivered(store, monkeypatch)
    with pytest.raises(StoreError):
        settle(store, tmp_path)
    healed(store, monkeypatch)

    store.command("ALTER TABLE agent_spans_in MODIFY COLUMN is_deleted UInt8 FIRST")
    try:
        settle(store, tmp_path)
        assert_sums_are_right(store)
        assert ask(store, "SELECT DISTINCT agent FROM agent_spans") == [{"agent": "boss"}]
    finally:
        store.command("ALTER TABLE agent_spans_in MODIFY COLUMN is_deleted UInt8 AFTER version")


@pytest.mark.parametrize("stops", [False, True])
def test_a_segment_that_comes_days_late_is_settled(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops: bool
) -> None:
    monkeypatch.setattr("fleetglass.following.FAR_EVERY_S", 0.0)
    monkeypatch.setattr("fleetglass_collector.settle.settler.AGAIN_S", -1)
    empty(store)
    hour = 3600 * 10**9
    with opened_settler(store, tmp_path) as settler:
        for number in range(300 * hour, 300 * hour + 3):
            store.insert_segment(segment([request(RUN[:1])], number=number), uuid.uuid4().hex)
            settler.settle()
        if not stops:
            store.insert_segment(segment([request(RUN[1:])], number=hour), uuid.uuid4().hex)
            settler.settle()
    if stops:
        # It comes in another second than the last look: what came before that has been read.
        eventually(lambda: ask(store, IS_LATER) == [{"later": 1}])
        store.insert_segment(segment([request(RUN[1:])], number=hour), uuid.uuid4().hex)
        with opened_settler(store, tmp_path) as settler:
            settler.settle()
    assert_sums_are_right(store)
    assert ask(store, "SELECT DISTINCT agent FROM agent_spans") == [{"agent": "boss"}]
