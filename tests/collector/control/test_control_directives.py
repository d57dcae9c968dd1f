"""A directive stays in force for its agents until it is lifted or its time is over."""

import json
import time
from collections.abc import Generator
from dataclasses import replace

import pytest
from kit.databases import opened, running_store
from kit.stack import eventually

from fleetglass_collector.config import Retention
from fleetglass_collector.control.directives import Directive, DirectiveCache, Scope, add, in_force
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


def test_a_new_directive_is_in_force_with_its_author_and_reason(store: Store) -> None:
    add(store, [HALT])

    (directive,) = in_force(store)
    assert replace(directive, since="") == HALT
    assert directive.since


def test_the_latest_directive_of_a_scope_counts(store: Store) -> None:
    slow = replace(HALT, action="throttle", every_s=2.5)
    for directive in (HALT, slow):
        add(store, [directive])
    assert [one.action for one in in_force(store)] == ["throttle"]

    add(store, [replace(HALT, action="resume")])
    assert in_force(store) == []
    assert store.query("SELECT count() AS n FROM directives", fmt="TSV").strip() == b"3"


def test_resuming_one_scope_leaves_the_others(store: Store) -> None:
    other = replace(HALT, scope=Scope(tenant="t", agent="a", version="2"))
    add(store, [HALT, other])
    add(store, [replace(HALT, action="resume")])

    assert [one.scope for one in in_force(store)] == [other.scope]


def test_a_directive_with_an_end_time_ends_by_itself(store: Store) -> None:
    now = int(time.clock_gettime(time.CLOCK_REALTIME))
    over, lasting = replace(HALT, until=now - 1), replace(HALT, until=now + 3600)

    add(store, [over])
    assert in_force(store) == []
    add(store, [lasting])
    assert [one.until for one in in_force(store)] == [now + 3600]


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
def test_a_wide_scope_covers_the_narrow_ones_in_it(
    wide: Scope, narrow: Scope, covers: bool
) -> None:
    assert wide.covers(narrow) is covers


def test_the_cache_answers_with_the_tenants_own_directives(
    database: tuple[Store, str], store: Store
) -> None:
    add(store, [HALT, replace(HALT, scope=Scope(tenant="u"))])
    cache = DirectiveCache(lambda: Store.open(database[1], database="default", timeout_s=10))

    eventually(lambda: cache.answer("t") is not None)

    directives = json.loads(cache.answer("t") or b"")["directives"]
    assert [(one["tenant"], one["action"], one["reason"]) for one in directives] == [
        ("t", "halt", "why 'not'")
    ]
    assert json.loads(cache.answer("nobody") or b"") == {"directives": []}
    cache.close()


def test_the_cache_has_no_answer_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Away:
        def query(self, sql: str) -> bytes:
            raise StoreError("away")

        def close(self) -> None: ...

    cache = DirectiveCache(lambda: Away())  # type: ignore[arg-type,return-value]  # pyright: ignore

    assert cache.answer("t") is None
    cache.close()


def test_the_cache_recovers_from_any_error() -> None:
    """Agents must learn of a halt again, whatever went wrong once."""
    faults: list[Exception] = [RuntimeError("a bug"), ValueError("not JSON"), OSError("no file")]

    class Faulty:
        def query(self, sql: str) -> bytes:
            if faults:
                raise faults.pop()
            return b""

        def close(self) -> None: ...

    def connect() -> Store:
        if len(faults) == 2:
            raise faults.pop()
        return Faulty()  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    cache = DirectiveCache(connect)
    eventually(lambda: cache.answer("t") is not None)
    assert cache.age_s() < 60
    cache.close()
