"""What agents are told holds for whom it names, until it is lifted or its time is over."""

import json
import time
from collections.abc import Generator
from dataclasses import replace

import pytest
from kit.databases import opened, running_store
from kit.stack import eventually

from fleetglass_collector.config import Retention
from fleetglass_collector.control.directives import Board, Directive, Scope, give, standing
from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

HALT = Directive(scope=Scope(tenant="t", agent="a"), action="halt", reason="why 'not'", by="ann")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Store, str]]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store, dsn


@pytest.fixture
def store(database: tuple[Store, str]) -> Store:
    database[0].command("TRUNCATE TABLE directives")
    return database[0]


def test_what_was_given_holds_and_says_who_and_why(store: Store) -> None:
    give(store, [HALT])

    (found,) = standing(store)
    assert replace(found, since="") == HALT
    assert found.since


def test_the_latest_of_a_scope_counts(store: Store) -> None:
    slow = replace(HALT, action="throttle", every_s=2.5)
    for directive in (HALT, slow):
        give(store, [directive])
    assert [one.action for one in standing(store)] == ["throttle"]

    give(store, [replace(HALT, action="resume")])
    assert standing(store) == []
    assert store.query("SELECT count() AS n FROM directives", fmt="TSV").strip() == b"3"


def test_each_scope_is_its_own(store: Store) -> None:
    other = replace(HALT, scope=Scope(tenant="t", agent="a", version="2"))
    give(store, [HALT, other])
    give(store, [replace(HALT, action="resume")])

    assert [one.scope for one in standing(store)] == [other.scope]


def test_what_has_a_time_ends_by_itself(store: Store) -> None:
    now = int(time.clock_gettime(time.CLOCK_REALTIME))
    over, lasting = replace(HALT, until=now - 1), replace(HALT, until=now + 3600)

    give(store, [over])
    assert standing(store) == []
    give(store, [lasting])
    assert [one.until for one in standing(store)] == [now + 3600]


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        (Scope(tenant="t"), Scope(tenant="t", agent="a", cohort="c"), True),
        (Scope(tenant="t", agent="a"), Scope(tenant="t", agent="a", version="2"), True),
        (Scope(tenant="t", agent="a"), Scope(tenant="t", agent="b"), False),
        (Scope(tenant="t", agent="a"), Scope(tenant="t"), False),
        (Scope(tenant="t"), Scope(tenant="u"), False),
    ],
)
def test_who_lifts_more_lifts_what_is_within(wide: Scope, narrow: Scope, covers: bool) -> None:
    assert wide.covers(narrow) is covers


def test_the_board_tells_a_tenant_its_own(database: tuple[Store, str], store: Store) -> None:
    give(store, [HALT, replace(HALT, scope=Scope(tenant="u"))])
    board = Board(lambda: Store.open(database[1], database="default", timeout_s=10))

    eventually(lambda: board.told("t") is not None)

    told = json.loads(board.told("t") or b"")["directives"]
    assert [(one["tenant"], one["action"], one["reason"]) for one in told] == [
        ("t", "halt", "why 'not'")
    ]
    assert json.loads(board.told("nobody") or b"") == {"directives": []}
    board.close()


def test_the_board_repeats_nothing_that_it_cannot_know(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def query(self, sql: str) -> bytes:
            raise StoreError("away")

        def close(self) -> None: ...

    board = Board(lambda: Away())  # type: ignore[arg-type,return-value]  # pyright: ignore

    assert board.told("t") is None
    board.close()
