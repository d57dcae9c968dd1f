"""Of several settlers, one works, however they are interleaved."""

import json
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from kit.agent_requests import Sent, request
from kit.agent_rows import ask, empty
from kit.agent_sums import assert_sums_are_right
from kit.databases import opened, running_store, segment
from kit.short_book import ShortBook

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import StoreError
from fleetglass_collector.settle.lease import LEASE_S, RENEW_S, Lease
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

Opener = Callable[..., Lease]

BOSS = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "boss"}
RUN = (Sent(id="boss", facts=BOSS), Sent(id="step", parent="boss"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


@pytest.fixture
def store(whole: Store) -> Store:
    empty(whole)
    return whole


@pytest.fixture
def leases(store: Store, tmp_path: Path) -> Generator[Opener]:
    with ExitStack() as stack:

        def lease(folder: str = "1", **named: Any) -> Lease:
            return stack.enter_context(closing(Lease(store, tmp_path / folder, **named)))

        yield lease


def pass_time(store: Store, seconds: float) -> None:
    """Make the last row of `settled` as old as it will be."""
    last = ask(store, "SELECT segment, holder, toUnixTimestamp64Milli(at) AS ms FROM settled FINAL")
    at = f"{last[0].pop('ms') / 1000 - seconds:.3f}"
    store.command("TRUNCATE TABLE settled")
    store.insert("settled", json.dumps(last[0] | {"at": at}).encode())


def test_of_two_that_start_together_one_takes_the_lease(
    store: Store, leases: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = leases("1"), leases("2")
    through = store.insert

    def insert(*given: Any, **named: Any) -> None:
        monkeypatch.undo()
        # The first has looked, and has not written yet.
        second.take()
        through(*given, **named)

    monkeypatch.setattr(store, "insert", insert)
    with pytest.raises(StoreError, match="another 'fleetglass settle'"):
        first.take()
    second.confirm(7, 0)
    assert ask(store, "SELECT max(segment) AS segment FROM settled") == [{"segment": 7}]


def test_another_takes_a_lease_that_is_not_renewed_and_the_first_writes_no_more(
    store: Store, leases: Opener
) -> None:
    now = [time.monotonic()]
    first, second = leases("1", clock=lambda: now[0]), leases("2")
    first.take()
    first.keep()
    with pytest.raises(StoreError, match="another 'fleetglass settle' works"):
        second.take()

    pass_time(store, LEASE_S)
    second.take()
    now[0] += RENEW_S + 1
    for write in (first.keep, lambda: first.confirm(1, 0)):
        with pytest.raises(StoreError, match="has begun to work"):
            write()
    second.confirm(2, 0)


def test_a_lease_is_renewed_while_a_batch_is_worked_on(store: Store, leases: Opener) -> None:
    now = [time.monotonic()]
    lease = leases(clock=lambda: now[0])
    lease.take()
    lease.confirm(5, 0)
    pass_time(store, LEASE_S)
    now[0] += LEASE_S
    lease.keep()
    with pytest.raises(StoreError, match="works on this database"):
        leases("2").take()
    assert ask(store, "SELECT max(segment) AS segment FROM settled") == [{"segment": 5}]


def test_a_lease_goes_on_when_the_clock_of_the_database_is_set_back(
    store: Store, leases: Opener
) -> None:
    lease = leases()
    lease.take()
    pass_time(store, -3600)
    for number in range(3):
        lease.confirm(number, 0)
    assert ask(store, "SELECT max(segment) AS segment FROM settled") == [{"segment": 2}]


def test_a_settler_that_lost_the_lease_in_the_middle_of_a_batch_writes_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, part in enumerate((RUN[1:], RUN[:1]), start=1):
        store.insert_segment(segment([request(part)], number=number), uuid.uuid4().hex)
    through = store.query

    def query(sql: str, **named: Any) -> bytes:
        answer = through(sql, **named)
        if "formatRow" in sql:
            # The rows that were read now have been settled by another when they are to be written.
            monkeypatch.undo()
            monkeypatch.setattr("fleetglass_collector.settle.lease.RENEW_S", 0.0)
            pass_time(store, LEASE_S)
            settle(store, tmp_path / "2")
        return answer

    monkeypatch.setattr(store, "query", query)
    with pytest.raises(StoreError, match="has begun to work"):
        settle(store, tmp_path / "1")
    pass_time(store, LEASE_S)
    settle(store, tmp_path / "1")
    assert_sums_are_right(store)
    assert ask(store, "SELECT agent, count() AS n FROM agent_spans GROUP BY agent") == [
        {"agent": "boss", "n": 2}
    ]


def test_an_insert_that_was_left_is_not_sent_after_another_has_settled(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, part in enumerate((RUN[1:], RUN[:1]), start=1):
        store.insert_segment(segment([request(part)], number=number), uuid.uuid4().hex)
    through = store.insert

    def insert(table: str, *given: Any, **named: Any) -> None:
        if table == "agent_spans_in":
            raise StoreError("cut off")
        through(table, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(store, "insert", insert)
        with pytest.raises(StoreError, match="cut off"):
            settle(store, tmp_path / "1")
    pass_time(store, LEASE_S)
    settle(store, tmp_path / "2")
    pass_time(store, LEASE_S)
    settle(store, tmp_path / "1")

    assert_sums_are_right(store)
    assert len([*(tmp_path / "1" / "outbox").glob("*.aside")]) == 1


def settle(store: Store, folder: Path) -> None:
    settler = Settler(store, folder, ShortBook())
    try:
        settler.start()
        settler.settle()
    finally:
        settler.close()
