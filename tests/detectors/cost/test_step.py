"""A step up in what runs cost is found in the first hour; costs that only vary are no step."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.cost.step import RATIO, Step, step_up

MINUTE = 60_000_000_000


def found_after(before: list[float], after: list[float]) -> int | None:
    """Return how many runs of the second list it takes to find the step."""
    marks = [float(np.log(dollars)) for dollars in before + after]
    for end in range(1, len(marks) + 1):
        if step_up(marks[:end]):
            return end - len(before)
    return None


@pytest.mark.parametrize("before", [20, 40, 60])
def test_a_tenfold_price_is_found_after_four_runs_at_most(before: int) -> None:
    found = found_after([0.0085] * before, [0.08] * 20)

    assert found is not None
    assert found <= 4


def test_a_dozen_runs_before_are_enough_and_ten_are_not() -> None:
    assert found_after([0.0085] * 12, [0.08] * 4) == 4
    assert found_after([0.0085] * 10, [0.08] * 4) is None


def test_a_threefold_price_and_small_change_are_left_to_the_charts() -> None:
    assert found_after([0.01] * 40, [0.03] * 20) is None
    assert found_after([0.00001] * 40, [0.0001] * 20) is None


@pytest.mark.parametrize("sigma", [0.0, 0.3, 0.6, 1.0, 1.5])
def test_costs_that_only_vary_are_no_step(sigma: float) -> None:
    rng = np.random.default_rng(7)
    steps = 0
    for _ in range(400):
        step = Step()
        marks = np.log(0.05) + sigma * rng.standard_normal(100)
        for n, mark in enumerate(marks):
            step.update(*one(mark), n * MINUTE, young=np.array([True]))
        steps += len([*step.moved()])
    assert steps == 0


def one(mark: float) -> tuple[Any, Any]:
    return np.array([3]), np.array([mark])


def test_a_step_goes_on_until_the_runs_are_cheap_again() -> None:
    step = Step()
    young = np.array([True])
    for n, dollars in enumerate([0.01] * 30 + [0.1] * 40):
        step.update(*one(np.log(dollars)), n * MINUTE, young=young)
    ((slot, risen),) = step.moved()
    assert slot == 3
    assert 29 * MINUTE <= risen.since_ns <= 30 * MINUTE
    assert 40 <= risen.count <= 41
    assert np.exp(risen.shift) == pytest.approx(10, rel=0.05)

    again = Step()
    again.restore(step.state())
    for n in range(13):
        again.update(*one(np.log(0.01)), (70 + n) * MINUTE, young=np.array([False]))
    assert [*again.moved()] == []


@given(st.lists(st.floats(-9, 3), max_size=64))
def test_the_last_runs_of_a_step_cost_five_times_as_much_on_average(marks: list[float]) -> None:
    if last := step_up(marks):
        assert np.mean(marks[-last:]) - np.mean(marks[:-last]) >= RATIO - 1e-9


@given(st.lists(st.floats(-9, 3), max_size=12), st.floats(0, 9))
def test_no_mark_alone_is_a_step(marks: list[float], high: float) -> None:
    """Whatever one run costs: single runs are the matter of another detector."""
    steady = [-3.0] * 30

    assert step_up([*steady, high]) == 0
    assert not step_up(marks)
