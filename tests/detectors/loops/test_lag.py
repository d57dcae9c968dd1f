"""Exact repeats are found at any period, by fingerprints alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.fleet_rows import batch, found, one_by_one, row, steps

from fleetglass_detectors.loops.lag import Lag
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import AGENT, LLM, TOOL, Rows

LETTERS = "abcdefgh"
fresh = (f"x{n}" for n in itertools.count())


def said(rows: Rows) -> list[Signal]:
    return [*Lag().update(batch(rows))]


@pytest.mark.parametrize("period", range(1, 9))
@pytest.mark.parametrize("kind", [TOOL, LLM, AGENT])
def test_a_cycle_of_any_period_is_found(period: int, kind: int) -> None:
    before = [f"n{n}" for n in range(5)]
    rounds = 10 if period < 3 else 5
    rows = steps([*before, *LETTERS[:period] * rounds], kind=kind)

    assert found(said(rows[:-1])) == set()
    (signal,) = said(rows)
    assert signal.level is Level.WARNING
    assert signal.evidence["period"] == period
    assert signal.evidence["rounds"] == rounds
    assert signal.first_ns == rows["start_ns"][5]
    assert signal.cycles.first == tuple(rows["span"][5 : 5 + period])
    assert signal.cycles.last == tuple(rows["span"][-period:])


def test_twice_as_many_rounds_are_worth_stopping_for() -> None:
    assert [s.level for s in said(steps("abc" * 10))] == [Level.WARNING, Level.CRITICAL]


@pytest.mark.parametrize("cycle", ["w", "ws"])
def test_who_waits_a_while_is_left_alone(cycle: str) -> None:
    assert said(steps(cycle * 9)) == []


@pytest.mark.parametrize(
    "words",
    [
        [f"job{n}" for n in range(200)],  # the same tool over a list of things
        ["status?"] * 200,  # asked again, and the answer moves on
        ["edit", "test?"] * 40,  # another result each time
        ["a", "b", "a", "c", "a", "d"],
        [],
    ],
)
def test_what_moves_on_is_no_loop(words: list[str]) -> None:
    assert said(steps(words)) == []


def test_steps_without_content_say_nothing() -> None:
    rows = np.concatenate([row(run=1, span=n + 1, kind=TOOL, tool=5) for n in range(50)])

    assert said(rows) == []


def test_a_model_that_words_its_thoughts_anew_does_not_hide_the_calls() -> None:
    calls = steps("a" * 10)
    thoughts = steps([next(fresh) for _ in range(10)], begin=100, kind=LLM)
    thoughts["start_ns"] = calls["start_ns"] + 1_000_000

    (signal,) = said(np.concatenate([calls, thoughts]))
    assert signal.evidence["view"] == "tool calls"


def test_runs_are_kept_apart() -> None:
    rows = np.concatenate([steps("abababab", run=run) for run in range(1, 50)])

    assert said(rows) == []


def test_a_loop_that_goes_on_is_told_as_the_same() -> None:
    lag = Lag()
    rows = steps("ab" * 200)

    signals = [s for part in np.array_split(rows, 40) for s in lag.update(batch(part))]

    assert len(signals) > 40
    assert len(found(signals)) == 2
    assert "more than 6" in signals[-1].summary
    assert signals[-1].cycles.first == tuple(rows["span"][:2])


@pytest.mark.parametrize("count", [15, 16, 17, 200, 400, 401])
def test_the_last_cycle_is_turned_as_the_first_one(count: int) -> None:
    lag = Lag()
    words = ("abc" * 200)[:count]
    rows = steps(["n", *words])
    signals = [s for one in one_by_one(rows) for s in lag.update(one)]
    shown = dict(zip(rows["span"].tolist(), ["n", *words], strict=True))

    cycles = signals[-1].cycles
    assert [shown[key] for key in cycles.first] == ["a", "b", "c"]
    assert [shown[key] for key in cycles.last] == ["a", "b", "c"]
    assert count - 3 < rows["span"].tolist().index(cycles.last[-1]) <= count


def test_long_after_it_was_forgotten_nothing_is_told_twice() -> None:
    lag = Lag(length=48)
    signals = [s for one in one_by_one(steps("ab" * 50 + "a?b?" * 50)) for s in lag.update(one)]

    assert len(found(signals)) == 2


@given(st.integers(1, 8), st.integers(4, 12), st.lists(st.integers(1, 9), max_size=6))
def test_how_spans_are_cut_into_batches_does_not_matter(
    period: int, rounds: int, cuts: list[int]
) -> None:
    words = [*LETTERS[:period]] * rounds
    rows = steps(["p", "q", *words, "r", "s"])
    parts = np.split(rows, np.clip(np.cumsum(cuts), 0, len(rows)))

    lag = Lag()
    assert found([s for part in parts for s in lag.update(batch(part))]) == found(said(rows))
