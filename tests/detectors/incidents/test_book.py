"""Incidents open, grow, end and come back; people are heard."""

import json

import pytest

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.book import FOLLOW_NS, PEACE_NS, QUIET_NS, TELL_EVERY_NS, Book
from fleetglass_detectors.incidents.incident import Incident, Stand, identity, row
from fleetglass_detectors.incidents.severity import Limits, severity
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.subject import Subject

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
WHO = Subject(tenant="acme", trace_id="ab" * 16, run_id="r-1", agent="refunds")
LOOP = identity("loop", 1)


def signal(
    detector: str = "lag", *, score: float = 1.0, first_ns: int = NOW, kind: str = "rephrased"
) -> Signal:
    return Signal(
        family="loop",
        detector=detector,
        kind=kind,
        level=Level.WARNING,
        run=1,
        segment=1,
        last=9,
        span=9,
        at_ns=NOW,
        first_ns=first_ns,
        score=score,
        summary=f"{detector} says {score}",
    )


def told(book: Book, now_ns: int, **harm: float) -> list[Incident]:
    book.pass_time(now_ns)
    return book.told({1: Harm(**harm)} if harm else {}, now_ns)  # type: ignore[arg-type]


def test_an_incident_opens_once_and_grows() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    book.hear(signal("wording", score=3.0, first_ns=NOW - 5, kind="exact"), WHO, NOW)
    book.hear(signal("third", score=9.0), WHO, NOW)

    (incident,) = told(book, NOW, spans=4, tokens=1000)

    assert (incident.change, incident.stand) == ("opened", Stand.OPEN)
    assert incident.detectors == ("lag", "wording", "third")
    assert incident.finding == "wording says 3.0"
    assert incident.first_ns == NOW - 5
    assert incident.harm.tokens == 1000


def test_what_goes_on_is_told_now_and_then() -> None:
    book = Book()
    changes: list[str] = []
    for second in range(60):
        now = NOW + second * SECOND
        book.hear(signal(score=second), WHO, now)
        changes += [incident.change for incident in told(book, now)]

    assert changes == ["opened", "goes on", "goes on", "goes on"]


def test_the_harm_is_looked_at_once_more_when_prices_are_settled() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    told(book, NOW, tokens=10)
    assert told(book, NOW + FOLLOW_NS - 1, tokens=10, cost=1.0) == []

    (incident,) = told(book, NOW + FOLLOW_NS, tokens=10, cost=1.0)
    assert incident.harm.cost == 1.0
    assert told(book, NOW + 9 * FOLLOW_NS, tokens=10, cost=2.0) == []


def test_what_has_not_changed_is_not_told_again() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    told(book, NOW, tokens=10)

    assert told(book, NOW + FOLLOW_NS, tokens=10) == []


def test_it_ends_by_itself_and_comes_back_as_the_same() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    told(book, NOW)
    assert told(book, NOW + QUIET_NS - 1) == []

    (over,) = told(book, NOW + QUIET_NS)
    book.hear(signal(), None, NOW + 2 * QUIET_NS)
    (back,) = told(book, NOW + 2 * QUIET_NS)

    assert (over.stand, over.resolved_ns) == (Stand.RESOLVED, NOW + QUIET_NS)
    assert (back.id, back.change, back.opened) == (over.id, "re-opened", 2)
    assert back.reopened_ns == NOW + 2 * QUIET_NS


def test_a_flapping_loop_is_one_incident() -> None:
    book = Book()
    written: list[Incident] = []
    for minute in range(0, 600, 3):
        now = NOW + minute * 60 * SECOND
        book.hear(signal(), WHO, now)
        written += told(book, now)

    assert {incident.id for incident in written} == {LOOP}
    assert [i.change for i in written if i.change != "goes on"] == ["opened"]


def test_what_somebody_resolves_has_peace_and_not_for_ever() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    told(book, NOW)
    book.resolve(LOOP, NOW + 1, by="ann")
    (over,) = told(book, NOW + 1)
    book.hear(signal(), WHO, NOW + 2)
    told(book, NOW + 2)
    quiet = book.of(signal())
    book.hear(signal(), WHO, NOW + 1 + PEACE_NS)
    (back,) = told(book, NOW + 1 + PEACE_NS)

    assert (over.stand, over.change) == (Stand.RESOLVED, "resolved by ann")
    assert quiet is not None
    assert quiet.stand is Stand.RESOLVED
    assert (back.stand, back.change) == (Stand.OPEN, "re-opened")


def test_what_somebody_opens_again_is_open() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    book.resolve(LOOP, NOW + 1, by="ann")
    told(book, NOW + 1)
    book.reopen(LOOP, NOW + 2, by="bob")
    (back,) = told(book, NOW + 2)

    assert (back.stand, back.change, back.opened) == (Stand.OPEN, "re-opened by bob", 2)


def test_whose_it_is_must_be_known_to_open_it() -> None:
    book = Book()
    book.hear(signal(), None, NOW)

    assert [*book] == []


def test_nothing_of_it_depends_on_a_restart() -> None:
    never, stopped = Book(), Book()
    for book in (never, stopped):
        book.hear(signal(), WHO, NOW)
        told(book, NOW, spans=3, cost=9.5)
        book.hear(signal("wording", score=2), WHO, NOW + 1)
    restored = Book()
    restored.restore(stopped.state())
    later = NOW + TELL_EVERY_NS

    assert [*map(row, told(restored, later))] == [*map(row, told(never, later))]


def test_memory_is_bounded() -> None:
    book = Book(most=10)
    for run in range(1, 100):
        many = signal()
        object.__setattr__(many, "run", run)
        book.hear(many, WHO, NOW)
        told(book, NOW)

    assert len(book) == 10


@pytest.mark.parametrize(
    ("harm", "level"),
    [
        (Harm(), Level.WARNING),
        (Harm(cost=4.99, seconds=3600), Level.WARNING),
        (Harm(cost=5, seconds=36000), Level.CRITICAL),
        (Harm(cost=0.6, seconds=60), Level.CRITICAL),
        (Harm(cost=0.02, seconds=0), Level.WARNING),
        (Harm(tokens=1_000_000), Level.CRITICAL),
        (Harm(actions=3), Level.CRITICAL),
    ],
)
def test_severity_is_what_it_costs_and_touches(harm: Harm, level: Level) -> None:
    assert severity(harm, Limits()) is level


def test_severity_does_not_fall_while_it_goes_on() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    told(book, NOW, cost=50.0)
    book.hear(signal(), WHO, NOW + 1)
    (incident,) = told(book, NOW + TELL_EVERY_NS, cost=0.1)

    assert incident.severity is Level.CRITICAL


def test_a_row_says_it_all() -> None:
    book = Book()
    book.hear(signal(), WHO, NOW)
    (incident,) = told(book, NOW, spans=4, tokens=1234, cost=0.5, first_step=3, last_step=9)
    line = json.loads(row(incident))

    assert line["summary"] == (
        "refunds: lag says 1.0; steps 3 to 9; 1,234 tokens, $0.50 since it began"
    )
    assert line["opened_at"] == "2023-11-14 22:13:20.000000000"
    assert line["id"] == LOOP
