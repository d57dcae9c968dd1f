"""Budgets say the same however spans came, and go on after a restart as if there had been none."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.budget_ledgers import MIDNIGHT, NOON, SECOND_NS, Watched, budget
from kit.checkpoints import reread

from fleetglass_detectors.budgets.declared import Per
from fleetglass_detectors.budgets.ledger import Run
from fleetglass_detectors.incidents.book import Book
from fleetglass_detectors.incidents.incident import Status
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import SPAN, Batch

BUDGETS = [budget(50), budget(20, Per.HOUR, agent="a"), budget(300, Per.MONTH, tenant="t")]
SPENT = st.lists(
    st.tuples(st.integers(0, 1200), st.floats(0.01, 40), st.sampled_from(["", "a"])), max_size=12
)


def watched(spent: list[tuple[int, float, str]]) -> Watched:
    found = Watched(BUDGETS)
    for after, usd, agent in spent:
        scope = {"agent": agent} if agent else {}
        found.book.spend(usd, NOON - 600 + after, **scope)
    return found


@settings(max_examples=25)
@given(spent=SPENT, cut=st.integers(0, 120))
def test_what_is_restored_goes_on_as_if_it_had_never_stopped(
    spent: list[tuple[int, float, str]], cut: int
) -> None:
    never, stopped, restored = watched(spent), watched(spent), watched(spent)
    looks = [NOON + 10 * n for n in range(120)]
    for at in looks[:cut]:
        assert never.look(at) == stopped.look(at)
    restored.detector.restore(reread(stopped.detector.state()))

    assert [restored.look(at) for at in looks[cut:]] == [never.look(at) for at in looks[cut:]]
    assert restored.detector.state() == never.detector.state()


@settings(max_examples=25)
@given(spent=SPENT, every=st.integers(1, 4))
def test_how_often_spans_come_does_not_matter(
    spent: list[tuple[int, float, str]], every: int
) -> None:
    often, seldom = watched(spent), watched(spent)
    told = [signal.id for n in range(60) for signal in often.look(NOON + 15 * n)]
    less = [signal.id for n in range(0, 60, every) for signal in seldom.look(NOON + 15 * n)]

    # What lasts is heard of however seldom one looks, and is the same.
    assert set(less) <= set(told)


def test_it_looks_now_and_then_and_not_at_each_batch() -> None:
    one = watched([])
    for tenth in range(100):
        one.detector.update(_at(NOON * SECOND_NS + tenth * SECOND_NS // 10))

    assert one.book.asked == 2 * len(BUDGETS)


def _at(now_ns: int) -> Batch:
    return Batch(rows=np.empty(0, SPAN), now_ns=now_ns)


def test_hostile_clocks_do_no_harm() -> None:
    one = watched([(0, 60, "")])
    for now_ns in (-(2**63), 0, SECOND_NS):
        assert list(one.detector.update(_at(now_ns))) == []
    assert list(one.detector.update(_at(NOON * SECOND_NS)))
    assert list(one.detector.update(_at(2**63 - 1))) == []


def test_a_finding_is_one_signal_for_as_long_as_its_period() -> None:
    one = Watched([budget(50)])
    one.book.spend(41, NOON - 9000)
    ids = {signal.id for n in range(100) for signal in one.look(NOON + 30 * n)}
    one.book.spend(10, NOON + 4000)
    spent = {signal.id for n in range(100) for signal in one.look(NOON + 4000 + 30 * n)}
    one.book.spend(60, MIDNIGHT + 86_400 + 10)
    tomorrow = {signal.id for signal in one.look(MIDNIGHT + 86_400 + 60)}

    assert (len(ids), len(spent), len(tomorrow)) == (1, 1, 1)
    assert len(ids | spent | tomorrow) == 3


def heard(one: Watched, book: Book, start: int, end: int) -> list[tuple[str, Level, str]]:
    """What an incident's pages say over time."""
    pages: list[tuple[str, Level, str]] = []
    for at in range(start, end, 120):
        for signal in one.look(at):
            book.add(signal, signal.subject, at * SECOND_NS)
        book.pass_time(at * SECOND_NS)
        pages += [(i.change, i.severity, i.summary) for i in book.take_due({}, at * SECOND_NS)]
    return pages


def test_from_the_announcement_to_the_end_of_the_day_it_is_one_incident() -> None:
    one, book = Watched([budget(50, agent="refunds")]), Book()
    for minute in range(720):
        one.book.spend(0.1, MIDNIGHT + 60 * minute, agent="refunds")
    pages = heard(one, book, MIDNIGHT, MIDNIGHT + 86_400 + 1200)
    changes = [change for change, _, _ in pages if change != "continues"]
    (incident,) = book

    assert changes == ["opened", "the period is over"]
    assert pages[0][1] is Level.WARNING
    assert pages[0][2].startswith("budget agent refunds per day: 21 % of $50.00 a day is spent at")
    assert "; at this rate it is gone at 08:15 (" in pages[0][2]
    assert pages[-1][1] is Level.CRITICAL
    assert incident.status is Status.RESOLVED
    assert incident.harm.cost == 22.0
    assert incident.resolved_ns == (MIDNIGHT + 86_400) * SECOND_NS


def test_an_incident_of_an_hour_ends_with_the_hour_and_the_next_hour_has_its_own() -> None:
    one, book = Watched([budget(10, Per.HOUR, agent="refunds")]), Book()
    for minute in range(20, 85):
        one.book.spend(0.5, NOON + 60 * minute, agent="refunds")
    heard(one, book, NOON, NOON + 3600)
    (first,) = book
    heard(one, book, NOON + 3600, NOON + 3601)
    (over,) = book
    pages = heard(one, book, NOON + 3720, NOON + 5400)
    (second,) = book

    assert (first.status, first.first_ns) == (Status.OPEN, NOON * SECOND_NS)
    assert (over.status, over.change) == (Status.RESOLVED, "the period is over")
    assert over.resolved_ns == (NOON + 3600) * SECOND_NS
    assert "opened" in [change for change, _, _ in pages]
    assert (second.id, second.status, second.opened) == (first.id, Status.OPEN, 2)
    assert second.first_ns == (NOON + 3600) * SECOND_NS <= second.opened_ns


def test_two_periods_in_a_row_are_two_incidents_also_if_nobody_looked_in_between() -> None:
    one, book = Watched([budget(10, Per.HOUR)]), Book()
    one.book.spend(9, NOON + 60)
    heard(one, book, NOON + 120, NOON + 240)
    one.book.spend(9, NOON + 3660)
    pages = heard(one, book, NOON + 3720, NOON + 3840)

    assert [change for change, _, _ in pages] == ["the period is over", "opened"]
    assert pages[0][2] != pages[1][2]


def test_an_incident_that_a_person_reopens_after_its_period_stays_open_for_a_while() -> None:
    one, book = Watched([budget(10, Per.HOUR)]), Book()
    one.book.spend(9, NOON + 60)
    heard(one, book, NOON + 120, NOON + 3720)
    (over,) = book
    book.reopen(over.id, (NOON + 3700) * SECOND_NS, by="ann")
    pages = heard(one, book, NOON + 3720, NOON + 4800)

    assert [change for change, _, _ in pages] == ["re-opened by ann", "quiet for 10 minutes"]


def test_a_budget_lowered_below_what_is_spent_is_spent_at_once() -> None:
    before = Watched([budget(500)])
    before.book.spend(60, NOON - 9000)
    assert before.look(NOON) == []

    (signal,) = Watched([budget(50)], book=before.book, told=before.told).look(NOON + 5)
    assert (signal.level, signal.evidence["stage"]) == (Level.CRITICAL, "spent")
    assert before.told.written == []


def test_a_quiet_weekend_a_new_tenant_and_the_night_of_the_clocks_raise_nothing() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    one = Watched([budget(50), budget(700, Per.MONTH), budget(30, tenant="new")], zone=berlin)
    # From Friday 23 October 2026 to Tuesday, over the night in which an hour comes twice.
    start = 1_792_706_400
    for minute in range(5 * 1440):
        at = start + 60 * minute
        weekday, hour = (3 + minute // 1440) % 7, minute % 1440 // 60
        if weekday < 5 and 8 <= hour < 18:
            one.book.spend(0.03, at)
    one.book.spend(2, start + 4 * 86_400, tenant="new")
    told: list[Signal] = []
    for minute in range(0, 5 * 1440, 20):
        told += one.look(start + 60 * minute)

    assert [signal.summary for signal in told if signal.level is Level.CRITICAL] == []
    assert told == []


def run(usd: str, *, over: bool = False, id: str = "r-1") -> Run:
    return Run(
        tenant="t",
        run_id=id,
        cost=Decimal(usd),
        unpriced=0,
        first_ns=(NOON - 60) * SECOND_NS,
        is_over=over,
    )


def test_a_run_is_announced_while_it_goes_on_and_named_when_it_is_over_its_budget() -> None:
    one = Watched([budget(0.5, Per.RUN, agent="refunds")])
    assert one.look(NOON) == []
    one.book.most_expensive = [run("0.43")]
    (nearly,) = one.look(NOON + 30)
    one.book.most_expensive = [run("0.45", over=True)]
    assert one.look(NOON + 60) == []
    one.book.most_expensive = [run("0.93"), run("0.61", id="r-2"), run("0.45", id="r-3")]
    (over,) = one.look(NOON + 90)

    assert nearly.level is Level.WARNING
    assert nearly.summary == "a run has cost $0.43 of $0.50 and goes on"
    assert over.level is Level.CRITICAL
    assert over.summary == "2 runs have each cost $0.50 or more, the most expensive one $0.93"
    assert over.evidence["runs"] == ["r-1 0.93", "r-2 0.61"]
    assert over.harm
    assert over.harm.cost == 0.54
