"""What every detector promises, whatever it detects."""

import marshal
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.fleet_rows import (
    SECOND,
    START,
    batch,
    found,
    one_by_one,
    read_words,
    row,
    steps,
    whole_run,
)
from kit.scripted_ledger import ClockedCosts, Nothing

from fleetglass_detectors.budgets.declared import Budget, Per, Scope
from fleetglass_detectors.detector import Detector
from fleetglass_detectors.engine import listing
from fleetglass_detectors.engine.health import Health
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.loops.wording import Wording
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, Batch, Rows

FLEET = Fleet(budgets=(Budget(name="all", scope=Scope(), per=Per.DAY, usd=Decimal(5)),))


def listed() -> dict[str, Detector]:
    """All that watch a fleet, as the engine lists them."""
    return {one.name: one for one in listing.live(Nothing(), Health(), FLEET)}


def make_listed(name: str) -> Detector:
    return listed()[name]


# These read from the database what decides; here they get something to read.
READERS: dict[str, Callable[[], Detector]] = {
    "wording": lambda: Wording(read_words, learns=True),
    "costs": ClockedCosts,
}
DETECTORS = {name: READERS.get(name) or partial(make_listed, name) for name in listed()}
every = pytest.mark.parametrize("make", DETECTORS.values(), ids=DETECTORS)
of_runs = pytest.mark.parametrize(
    "make", [DETECTORS[name] for name, one in listed().items() if one.by == "run"]
)

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d?", "e"]), max_size=15)
RUNS = st.lists(st.tuples(WORDS, st.integers(0, 12)), min_size=1, max_size=3)


def run_of(fleet: list[tuple[list[str], int]]) -> Rows:
    """Runs of steps, some of which go in circles, in order of time."""
    runs = [
        whole_run([*words, *["x", "y"] * again], run=n + 1)
        for n, (words, again) in enumerate(fleet)
    ]
    rows = np.concatenate(runs)
    return rows[np.argsort(rows["start_ns"], kind="stable")]


def hours(begin: int, end: int) -> list[Batch]:
    """Nothing arrives, minute by minute."""
    empty = np.empty(0, SPAN)
    return [
        Batch(rows=empty, now_ns=START + minute * 60 * SECOND)
        for minute in range(60 * begin, 60 * end)
    ]


def asked(detector: Detector, *batches: Batch) -> list[Signal]:
    return [signal for one in batches for signal in detector.update(one)]


@every
@settings(max_examples=25)
@given(fleet=RUNS)
def test_a_batch_is_as_good_as_one_by_one(
    make: Callable[[], Detector], fleet: list[tuple[list[str], int]]
) -> None:
    rows = run_of(fleet)

    assert found(asked(make(), batch(rows))) == found(asked(make(), *one_by_one(rows)))


@every
@settings(max_examples=25)
@given(fleet=RUNS, cut=st.floats(0, 1))
def test_what_is_restored_goes_on_as_if_it_had_never_stopped(
    make: Callable[[], Detector], fleet: list[tuple[list[str], int]], cut: float
) -> None:
    rows = run_of(fleet)
    at = int(cut * len(rows))
    never, stopped, restored = make(), make(), make()
    asked(never, batch(rows[:at]))
    asked(stopped, batch(rows[:at]))
    restored.restore(marshal.loads(marshal.dumps(stopped.state())))

    assert asked(restored, batch(rows[at:])) == asked(never, batch(rows[at:]))
    assert restored.state() == never.state()


@every
@pytest.mark.parametrize("hour", [0, 1, 3, 5])
def test_a_restart_at_any_hour_of_a_day_changes_nothing(
    make: Callable[[], Detector], hour: int
) -> None:
    never, stopped, restored = make(), make(), make()
    asked(never, *hours(0, hour))
    asked(stopped, *hours(0, hour))
    restored.restore(marshal.loads(marshal.dumps(stopped.state())))

    assert asked(restored, *hours(hour, 6)) == asked(never, *hours(hour, 6))
    assert restored.state() == never.state()


@every
@settings(max_examples=25)
@given(fleet=RUNS, seed=st.integers(0, 2**32 - 1))
def test_the_order_within_a_batch_and_within_a_millisecond_does_not_matter(
    make: Callable[[], Detector], fleet: list[tuple[list[str], int]], seed: int
) -> None:
    rows = run_of(fleet)
    shuffled = np.random.default_rng(seed).permutation(rows)
    shuffled["start_ns"] += np.random.default_rng(seed).integers(0, 999_999, len(rows))

    assert found(asked(make(), batch(rows))) == found(asked(make(), batch(shuffled)))


@every
@given(fleet=RUNS)
def test_what_comes_twice_counts_once(
    make: Callable[[], Detector], fleet: list[tuple[list[str], int]]
) -> None:
    rows = run_of(fleet)
    once, twice = make(), make()

    assert found(asked(once, batch(rows))) == found(
        asked(twice, batch(rows), batch(np.concatenate([rows, rows])))
    )


@every
def test_memory_is_bounded(make: Callable[[], Detector]) -> None:
    detector = make()
    rows = steps("ab" * 150)
    for part in range(4):
        many = [rows.copy() for _ in range(10)]
        for n, one in enumerate(many):
            one["run"] = 1 + 10 * part + n
        asked(detector, batch(*many))

    # Forty runs of 300 steps, of each of which a window is kept.
    assert len(marshal.dumps(detector.state())) < 40 * 20_000


@every
def test_hostile_numbers_do_no_harm(make: Callable[[], Detector]) -> None:
    detector = make()
    top = 2**63 - 1
    hostile = [
        row(run=1, span=2, kind=3, start_ns=-top, tokens=float("nan"), cost=float("inf")),
        row(run=1, span=3, kind=3, start_ns=top, end_ns=-top, tokens=-1e308, cost=float("-inf")),
        row(run=2**64 - 1, span=2**64 - 1, parent=2**64 - 1, kind=255, start_ns=top, end_ns=top),
        row(run=0, span=0, kind=7, agent=0),
    ]
    asked(detector, batch(*hostile), Batch(rows=np.empty(0, SPAN), now_ns=START))
    asked(detector, Batch(rows=np.empty(0, SPAN), now_ns=top))

    assert found(asked(detector, batch(steps("ab" * 12, run=77)))) == found(
        asked(make(), batch(steps("ab" * 12, run=77)))
    )


def test_the_detector_of_costs_has_something_to_say_in_these_hours() -> None:
    assert asked(ClockedCosts(), *hours(0, 6))


@of_runs
def test_it_says_how_much_it_remembers(make: Callable[[], Detector]) -> None:
    detector = make()
    before = detector.keys()
    asked(detector, batch(whole_run("abc", run=1), whole_run("abc", run=2)))

    assert (before, detector.keys()) == (0, 2)
