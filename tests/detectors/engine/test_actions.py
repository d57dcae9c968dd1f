"""Each action of a person is applied once, also one that becomes visible late."""

import json
from collections.abc import Generator

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.engine.actions import LATE_US, Actions

NOW_S = 1_800_000_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


@pytest.fixture
def store(whole: Store) -> Store:
    whole.command("TRUNCATE TABLE incident_actions")
    return whole


def act(store: Store, action: str, *, at_s: float, incident: int = 1) -> None:
    row = {
        "tenant": "default",
        "incident": incident,
        "action": action,
        "by": "ada",
        "at": f"{NOW_S + at_s:.6f}",
    }
    store.insert("incident_actions", json.dumps(row).encode())


def new(actions: Actions) -> list[tuple[int, str]]:
    return [(action.incident, action.action) for action in actions.new()]


def test_each_action_comes_once_in_order(store: Store) -> None:
    actions = Actions(store)
    act(store, "reopen", at_s=2)
    act(store, "resolve", at_s=1)
    act(store, "acknowledge", at_s=3)

    assert new(actions) == [(1, "resolve"), (1, "reopen")]
    assert new(actions) == []
    act(store, "resolve", at_s=4)
    assert new(actions) == [(1, "resolve")]


def test_an_action_that_becomes_visible_after_a_later_one_comes_late(store: Store) -> None:
    actions = Actions(store)
    act(store, "resolve", at_s=300)
    assert new(actions) == [(1, "resolve")]
    act(store, "resolve", at_s=0, incident=2)
    act(store, "resolve", at_s=300, incident=3)

    assert new(actions) == [(2, "resolve"), (3, "resolve")]
    assert new(actions) == []


def test_a_late_action_does_not_undo_a_later_one_about_its_incident(store: Store) -> None:
    actions = Actions(store)
    act(store, "reopen", at_s=300)
    assert new(actions) == [(1, "reopen")]
    act(store, "resolve", at_s=0)

    assert new(actions) == []


def test_a_restart_applies_nothing_twice_and_what_is_old_is_forgotten(store: Store) -> None:
    first, second = Actions(store), Actions(store)
    act(store, "resolve", at_s=0)
    act(store, "resolve", at_s=300, incident=2)
    assert len(new(first)) == 2
    second.restore(first.state())
    assert new(second) == []

    act(store, "resolve", at_s=300 + LATE_US / 1e6, incident=3)
    assert new(second) == [(3, "resolve")]
    assert len(str(second.state())) < len(str(first.state()))
