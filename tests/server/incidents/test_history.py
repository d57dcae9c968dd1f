"""The history of an incident shows each change once, whatever the detectors wrote."""

from collections.abc import Generator
from pathlib import Path

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.book import FORGET_NS, QUIET_NS, WRITE_EVERY_NS, Book
from fleetglass_detectors.incidents.incident import hex_id, identity, row
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.subject import Subject
from fleetglass_server.incidents.incidents import Action, act, find_incident, history

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    folder: Path = tmp_path_factory.mktemp("history") / "data"
    with running_store(folder) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


def signal(run: int) -> Signal:
    return Signal(
        family="loop",
        detector="lag",
        kind="exact",
        level=Level.WARNING,
        run=run,
        subject=Subject(tenant="acme", trace_id=f"{run:032x}", agent="refunds"),
        at_ns=NOW,
        first_ns=NOW,
        score=1.0,
        summary="repeats the same step",
    )


def written(store: Store, book: Book, now_ns: int, *, run: int, cost: float) -> None:
    book.pass_time(now_ns)
    for incident in book.take_due({run: Harm(cost=cost)}, now_ns):
        store.insert("incidents_rows", row(incident))


def changes(store: Store, run: int) -> list[str]:
    incident = {"tenant": "acme", "id": hex_id(identity("loop", run))}
    return [change["what"].partition(":")[0] for change in history(store, incident)]


def test_a_change_whose_cost_becomes_known_later_stands_there_once(store: Store) -> None:
    book = Book()
    book.add(signal(1), signal(1).subject, NOW)
    written(store, book, NOW, run=1, cost=0.0)
    written(store, book, NOW + 5 * SECOND, run=1, cost=1.5)
    book.add(signal(1), None, NOW + WRITE_EVERY_NS)
    written(store, book, NOW + WRITE_EVERY_NS, run=1, cost=1.5)
    written(store, book, NOW + WRITE_EVERY_NS + 5 * SECOND, run=1, cost=2.5)
    written(store, book, NOW + 2 * QUIET_NS, run=1, cost=2.5)
    written(store, book, NOW + 2 * QUIET_NS + 5 * SECOND, run=1, cost=3.5)

    assert changes(store, 1) == ["opened", "continues", "quiet for 10 minutes"]
    assert find_incident(store, hex_id(identity("loop", 1)))["cost_usd"] == 3.5


def test_what_killed_detectors_write_again_stands_there_once(store: Store) -> None:
    for later in (0, 7 * SECOND):
        book = Book()
        book.add(signal(2), signal(2).subject, NOW + later)
        written(store, book, NOW + later, run=2, cost=0.0)
        book.add(signal(2), None, NOW + later + WRITE_EVERY_NS)
        written(store, book, NOW + later + WRITE_EVERY_NS, run=2, cost=0.0)

    assert [change for change in changes(store, 2) if change != "continues"] == ["opened"]


def test_an_incident_that_was_forgotten_and_opens_again_has_both_openings(store: Store) -> None:
    book = Book()
    for start in (NOW, NOW + 2 * FORGET_NS):
        book.add(signal(3), signal(3).subject, start)
        written(store, book, start, run=3, cost=0.0)
        written(store, book, start + QUIET_NS, run=3, cost=0.0)
        written(store, book, start + FORGET_NS + QUIET_NS, run=3, cost=0.0)

    assert changes(store, 3) == ["opened", "quiet for 10 minutes"] * 2


def test_what_people_do_stands_there_too(store: Store) -> None:
    book = Book()
    book.add(signal(4), signal(4).subject, NOW)
    written(store, book, NOW, run=4, cost=0.0)
    incident = find_incident(store, hex_id(identity("loop", 4)))
    act(store, incident, Action(name="ack", by="ann"))

    assert sorted(changes(store, 4)) == ["ack", "opened"]
    assert incident["opened_at"] >= incident["first_at"]
