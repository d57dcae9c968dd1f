"""What every listed detector promises, whatever it detects."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.autonomy_runs import policy
from kit.budget_ledgers import HALT, budget
from kit.checkpoints import reread, written
from kit.fleet_rows import START, batch, found, one_by_one, row, steps, whole_run
from kit.memory_database import MemoryDatabase

import fleetglass_detectors
from fleetglass_detectors.budgets.declared import Per
from fleetglass_detectors.detector import Detector
from fleetglass_detectors.engine import listing
from fleetglass_detectors.engine.health import Health
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, Batch, Rows

FLEET = Fleet(
    budgets=(
        budget(0.3, Per.DAY, hard=HALT),
        budget(0.5, Per.HOUR, agent="agent-7"),
        budget(0.2, Per.RUN),
    ),
    autonomy=policy("""
agents: [{agent: '*', tier: suggest, may: [{tool: "delete_*1", tier: 4, calls_an_hour: 3}]}]
"""),
)
CONTRACT = ("name", "by", "update", "state", "restore", "keys")
LATER_NS = 120_000_000_000


class Case:
    """One detector of the listing, and the database that stores each batch before it."""

    def __init__(self, name: str, database: MemoryDatabase | None = None) -> None:
        self.database = database or MemoryDatabase()
        self.detector = listed(self.database)[name]

    def look(self, *batches: Batch) -> list[Signal]:
        signals: list[Signal] = []
        for one in batches:
            self.database.store(one.rows, one.now_ns)
            signals += self.detector.update(one)
        return signals

    def findings(self, *batches: Batch) -> set[tuple[str, str, int, int]]:
        """Return what a detector of runs has found on the way, or what another finds at the end.

        A detector of agents reads totals from the database. On the way it sees a part of them.
        """
        signals = self.look(*batches)
        if self.detector.by == "agent":
            now_ns = max(one.now_ns for one in batches)
            signals = self.look(Batch(rows=np.empty(0, SPAN), now_ns=now_ns + LATER_NS))
        return found(signals)


def listed(database: MemoryDatabase) -> dict[str, Detector]:
    detectors = listing.live(database, Health(), FLEET)
    return {detector.name: detector for detector in detectors}


NAMES = [*listed(MemoryDatabase())]
every = pytest.mark.parametrize("name", NAMES)
# No deadline: other tests may run beside these.
some = settings(max_examples=25, deadline=None)

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d?", "e"]), max_size=15)
RUNS = st.lists(st.tuples(WORDS, st.integers(0, 12)), min_size=1, max_size=3)
Runs = list[tuple[list[str], int]]


def run_of(fleet: Runs) -> Rows:
    """Return runs of steps in order of time. Some of them go in circles."""
    runs = [
        whole_run([*words, *["x", "y"] * again], run=n + 1)
        for n, (words, again) in enumerate(fleet)
    ]
    rows = np.concatenate(runs)
    return rows[np.argsort(rows["start_ns"], kind="stable")]


def detector_classes() -> Iterator[type[Any]]:
    for module in pkgutil.walk_packages(fleetglass_detectors.__path__, "fleetglass_detectors."):
        for _, one in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            is_ours = one.__module__ == module.name and one is not Detector
            if is_ours and all(hasattr(one, name) for name in CONTRACT):
                yield one


def test_every_detector_there_is_stands_in_the_listing_and_under_these_laws() -> None:
    database = MemoryDatabase()
    live = {type(one) for one in listed(database).values()}

    assert live == {*detector_classes()}
    assert {one.name for one in listing.recorded(database, FLEET)} <= set(NAMES)
    assert len(NAMES) == len(listing.live(database, Health(), FLEET))


@every
@some
@given(fleet=RUNS)
def test_one_batch_is_as_good_as_span_by_span(name: str, fleet: Runs) -> None:
    rows = run_of(fleet)

    assert Case(name).findings(batch(rows)) == Case(name).findings(*one_by_one(rows))


@every
@some
@given(fleet=RUNS, cut=st.floats(0, 1))
def test_a_restored_detector_continues_as_if_it_had_never_stopped(
    name: str, fleet: Runs, cut: float
) -> None:
    rows = run_of(fleet)
    at = int(cut * len(rows))
    never, stopped = Case(name), Case(name)
    never.look(batch(rows[:at]))
    stopped.look(batch(rows[:at]))
    restored = Case(name, stopped.database)
    restored.detector.restore(reread(stopped.detector.state()))
    later = Batch(rows=np.empty(0, SPAN), now_ns=START + 10 * LATER_NS)

    assert restored.look(batch(rows[at:]), later) == never.look(batch(rows[at:]), later)
    assert restored.detector.state() == never.detector.state()


@every
@some
@given(fleet=RUNS)
def test_a_state_is_plain_values_and_does_not_change_afterwards(name: str, fleet: Runs) -> None:
    rows = run_of(fleet)
    case = Case(name)
    case.look(batch(rows[: len(rows) // 2]))
    state = case.detector.state()
    before = reread(state)
    case.look(batch(rows[len(rows) // 2 :]))

    # Lists come back as tuples.
    assert reread(state) == before


@every
@some
@given(fleet=RUNS, seed=st.integers(0, 2**32 - 1))
def test_the_order_within_a_batch_and_within_a_millisecond_does_not_matter(
    name: str, fleet: Runs, seed: int
) -> None:
    rows = run_of(fleet)
    shuffled = np.random.default_rng(seed).permutation(rows)
    shuffled["start_ns"] += np.random.default_rng(seed).integers(0, 999_999, len(rows))

    assert Case(name).findings(batch(rows)) == Case(name).findings(batch(shuffled))


@every
@some
@given(fleet=RUNS)
def test_a_span_that_arrives_twice_counts_once(name: str, fleet: Runs) -> None:
    rows = run_of(fleet)
    twice = (batch(rows), batch(np.concatenate([rows, rows])))

    assert Case(name).findings(batch(rows)) == Case(name).findings(*twice)


@every
@some
@given(fleet=RUNS, seed=st.integers(0, 2**32 - 1))
def test_spans_that_arrive_late_hide_no_finding(name: str, fleet: Runs, seed: int) -> None:
    rows = run_of(fleet)
    is_late = np.random.default_rng(seed).random(len(rows)) < 0.3
    now_ns = batch(rows).now_ns
    late = [Batch(rows=rows[which], now_ns=now_ns) for which in (~is_late, is_late)]
    in_time = Case(name).findings(batch(rows))

    assert {one[:3] for one in in_time} <= {one[:3] for one in Case(name).findings(*late)}


@every
@some
@given(fleet=RUNS)
def test_an_empty_batch_changes_nothing(name: str, fleet: Runs) -> None:
    case, rows = Case(name), run_of(fleet)
    case.look(batch(rows))
    before = reread(case.detector.state())

    assert case.look(Batch(rows=np.empty(0, SPAN), now_ns=batch(rows).now_ns)) == []
    assert reread(case.detector.state()) == before


@every
def test_memory_is_bounded(name: str) -> None:
    case = Case(name)
    rows = steps("ab" * 150)
    for part in range(4):
        many = [rows.copy() for _ in range(10)]
        for n, one in enumerate(many):
            one["run"] = 1 + 10 * part + n
        case.look(batch(*many))

    # Forty runs of 300 steps, of each of which a window is kept.
    assert len(written(case.detector.state())) < 40 * 20_000


@every
def test_extreme_numbers_do_no_harm(name: str) -> None:
    case = Case(name)
    top = 2**63 - 1
    extreme = [
        row(run=1, span=2, kind=3, start_ns=-top, tokens=float("nan"), cost=float("inf")),
        row(run=1, span=3, kind=3, start_ns=top, end_ns=-top, tokens=-1e308, cost=float("-inf")),
        row(run=2**64 - 1, span=2**64 - 1, parent=2**64 - 1, kind=255, start_ns=top, end_ns=top),
        row(run=0, span=0, kind=7, agent=0),
    ]
    case.look(batch(*extreme), Batch(rows=np.empty(0, SPAN), now_ns=START))
    case.look(Batch(rows=np.empty(0, SPAN), now_ns=top))
    later = batch(steps("ab" * 12, run=77))

    assert found(case.look(later)) == found(Case(name).look(later)) or case.detector.by == "agent"


@every
def test_a_detector_reports_how_many_subjects_it_remembers(name: str) -> None:
    case = Case(name)
    before = case.detector.keys()
    runs = batch(whole_run("abc", run=1), whole_run("abc", run=2))
    case.look(runs)
    after = case.detector.keys()
    case.look(runs)

    assert case.detector.keys() == after >= before
    assert case.detector.by != "run" or (before, after) == (0, 2)
