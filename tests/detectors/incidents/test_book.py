"""Incidents open, grow, end and open again, by themselves and when people say so."""

import json
from dataclasses import replace

import pytest

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.book import FOLLOW_NS, PEACE_NS, QUIET_NS, WRITE_EVERY_NS, Book
from fleetglass_detectors.incidents.incident import Incident, Status, identity, row
from fleetglass_detectors.incidents.severity import Limits, severity
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.subject import Subject

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
SUBJECT = Subject(tenant="acme", trace_id="ab" * 16, run_id="r-1", agent="refunds")
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


def due_incidents(book: Book, now_ns: int, **harm: float) -> list[Incident]:
    book.pass_time(now_ns)
    return book.take_due({1: Harm(**harm)} if harm else {}, now_ns)  # type: ignore[arg-type]


def test_an_incident_opens_once_and_grows() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    book.add(signal("wording", score=3.0, first_ns=NOW - 5, kind="exact"), SUBJECT, NOW)
    book.add(signal("third", score=9.0), SUBJECT, NOW)

    (incident,) = due_incidents(book, NOW, spans=4, tokens=1000)

    assert (incident.change, incident.status) == ("opened", Status.OPEN)
    assert incident.detectors == ("lag", "wording", "third")
    assert incident.finding == "wording says 3.0"
    assert incident.first_ns == NOW - 5
    assert incident.harm.tokens == 1000


def test_an_incident_that_continues_is_written_now_and_then() -> None:
    book = Book()
    changes: list[str] = []
    for second in range(60):
        now = NOW + second * SECOND
        book.add(signal(score=second), SUBJECT, now)
        changes += [incident.change for incident in due_incidents(book, now)]

    assert changes == ["opened", "continues", "continues", "continues"]


def test_the_harm_is_read_again_once_prices_are_settled() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    due_incidents(book, NOW, tokens=10)
    assert due_incidents(book, NOW + FOLLOW_NS - 1, tokens=10, cost=1.0) == []

    (incident,) = due_incidents(book, NOW + FOLLOW_NS, tokens=10, cost=1.0)
    assert incident.harm.cost == 1.0
    assert due_incidents(book, NOW + 9 * FOLLOW_NS, tokens=10, cost=2.0) == []


def test_a_row_that_only_brings_the_cost_names_no_change() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    due_incidents(book, NOW, tokens=10)
    (incident,) = due_incidents(book, NOW + FOLLOW_NS, tokens=10, cost=1.0)

    assert incident.change == ""
    assert [one.change for one in book] == ["opened"]


@pytest.mark.parametrize("ahead_ns", [-5 * SECOND, 1, 3600 * SECOND])
def test_an_incident_is_never_opened_before_it_began(ahead_ns: int) -> None:
    book = Book()
    book.add(signal(first_ns=NOW + ahead_ns), SUBJECT, NOW)
    (incident,) = due_incidents(book, NOW)

    assert incident.opened_ns >= incident.first_ns
    assert incident.reopened_ns == NOW


def test_an_unchanged_incident_is_not_written_again() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    due_incidents(book, NOW, tokens=10)

    assert due_incidents(book, NOW + FOLLOW_NS, tokens=10) == []


def test_an_incident_ends_when_quiet_and_opens_again_as_the_same_one() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    due_incidents(book, NOW)
    assert due_incidents(book, NOW + QUIET_NS - 1) == []

    (over,) = due_incidents(book, NOW + QUIET_NS)
    book.add(signal(), None, NOW + 2 * QUIET_NS)
    (back,) = due_incidents(book, NOW + 2 * QUIET_NS)

    assert (over.status, over.resolved_ns) == (Status.RESOLVED, NOW + QUIET_NS)
    assert (back.id, back.change, back.opened) == (over.id, "re-opened", 2)
    assert back.reopened_ns == NOW + 2 * QUIET_NS


def test_a_flapping_loop_is_one_incident() -> None:
    book = Book()
    written: list[Incident] = []
    for minute in range(0, 600, 3):
        now = NOW + minute * 60 * SECOND
        book.add(signal(), SUBJECT, now)
        written += due_incidents(book, now)

    assert {incident.id for incident in written} == {LOOP}
    assert [i.change for i in written if i.change != "continues"] == ["opened"]


def test_an_incident_that_a_person_resolves_stays_resolved_for_a_while() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    due_incidents(book, NOW)
    book.resolve(LOOP, NOW + 1, by="ann")
    (over,) = due_incidents(book, NOW + 1)
    book.add(signal(), SUBJECT, NOW + 2)
    due_incidents(book, NOW + 2)
    quiet = book.of(signal())
    book.add(signal(), SUBJECT, NOW + 1 + PEACE_NS)
    (back,) = due_incidents(book, NOW + 1 + PEACE_NS)

    assert (over.status, over.change) == (Status.RESOLVED, "resolved by ann")
    assert quiet is not None
    assert quiet.status is Status.RESOLVED
    assert (back.status, back.change) == (Status.OPEN, "re-opened")


def test_an_incident_that_a_person_reopens_is_open() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    book.resolve(LOOP, NOW + 1, by="ann")
    due_incidents(book, NOW + 1)
    book.reopen(LOOP, NOW + 2, by="bob")
    (back,) = due_incidents(book, NOW + 2)

    assert (back.status, back.change, back.opened) == (Status.OPEN, "re-opened by bob", 2)


def test_a_signal_without_a_subject_opens_no_incident() -> None:
    book = Book()
    book.add(signal(), None, NOW)

    assert [*book] == []


def test_a_restart_changes_nothing() -> None:
    never, stopped = Book(), Book()
    for book in (never, stopped):
        book.add(signal(), SUBJECT, NOW)
        due_incidents(book, NOW, spans=3, cost=9.5)
        book.add(signal("wording", score=2), SUBJECT, NOW + 1)
    restored = Book()
    restored.restore(stopped.state())
    later = NOW + WRITE_EVERY_NS

    assert [*map(row, due_incidents(restored, later))] == [*map(row, due_incidents(never, later))]


def test_memory_is_bounded() -> None:
    book = Book(most=10)
    for run in range(1, 100):
        many = signal()
        object.__setattr__(many, "run", run)
        book.add(many, SUBJECT, NOW)
        due_incidents(book, NOW)

    assert len(book) == 10


def filled(most: int, *, now_ns: int) -> tuple[Book, list[Incident]]:
    """Return a book with ten open incidents, of which it keeps some, and what it has written."""
    book, written = Book(most=most), list[Incident]()
    for run in range(1, 11):
        book.add(replace(signal(), run=run), SUBJECT, now_ns + run)
        written += due_incidents(book, now_ns + run)
    return book, written


def test_an_open_incident_that_is_dropped_is_ended_with_a_row_that_says_why() -> None:
    book, written = filled(7, now_ns=NOW)
    last = {incident.run: incident for incident in written}

    assert [run for run, one in last.items() if one.status is Status.RESOLVED] == [1, 2, 3]
    assert last[1].change == "no longer followed: over 7 incidents"
    assert last[1].resolved_ns == last[1].updated_ns == NOW + 8
    assert {incident.run for incident in book} == {4, 5, 6, 7, 8, 9, 10}


def test_resolved_incidents_are_dropped_first() -> None:
    book, _ = filled(10, now_ns=NOW)
    book.resolve(identity("loop", 9), NOW + 20, by="ann")
    book.add(replace(signal(), run=11), SUBJECT, NOW + 20)
    written = due_incidents(book, NOW + 20)

    assert 9 not in {incident.run for incident in book}
    assert {one.run: one.change for one in written} == {9: "resolved by ann", 11: "opened"}


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
def test_severity_depends_on_cost_tokens_and_actions(harm: Harm, level: Level) -> None:
    assert severity(harm, Limits()) is level


def test_severity_never_falls_while_an_incident_continues() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    due_incidents(book, NOW, cost=50.0)
    book.add(signal(), SUBJECT, NOW + 1)
    (incident,) = due_incidents(book, NOW + WRITE_EVERY_NS, cost=0.1)

    assert incident.severity is Level.CRITICAL


def test_a_row_holds_the_whole_incident() -> None:
    book = Book()
    book.add(signal(), SUBJECT, NOW)
    (incident,) = due_incidents(
        book, NOW, spans=4, tokens=1234, cost=0.5, first_step=3, last_step=9
    )
    line = json.loads(row(incident))

    assert line["summary"] == (
        "refunds: lag says 1.0; steps 3 to 9; 1,234 tokens, $0.50 since it began"
    )
    assert line["opened_at"] == "2023-11-14 22:13:20.000000000"
    assert line["id"] == LOOP
