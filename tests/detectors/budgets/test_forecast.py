"""What is forecast is stated with how sure it is, and is as sure as stated."""

import math
from datetime import UTC

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.budget_ledgers import even_path
from numpy.typing import NDArray

from fleetglass_detectors.budgets.declared import Per
from fleetglass_detectors.budgets.forecast import (
    ENOUGH,
    Forecast,
    Path,
    Point,
    of_past,
    of_rates,
    path,
)
from fleetglass_detectors.budgets.period import period_of

Floats = NDArray[np.float64]
DAY_S, STEP = 86_400, 300
POINT = Point(spent=20.0, usd=50.0, now=43_200, end=DAY_S)
BELL: Floats = np.exp(-0.5 * ((np.arange(0, 24, STEP / 3600) - 13) / 3.5) ** 2)
SHAPE: Floats = BELL / float(BELL.sum())


def simulated_day(random: np.random.Generator) -> Floats:
    """Compound Poisson over office hours, each day of another size, with heavy tails."""
    size = 60 * math.exp(float(random.normal(0, 0.35)))
    expected: Floats = size * 10 * SHAPE
    runs: NDArray[np.int64] = random.poisson(expected)
    places = np.repeat(np.arange(len(runs)), runs)
    costs = random.lognormal(-2.9, 1.1, len(places))
    return np.bincount(places, costs, minlength=len(runs)).astype(np.float64)


def path_of(cost: Floats, at: int) -> Path:
    whole = period_of(Per.DAY, 0, UTC)
    return path(np.arange(0, DAY_S, STEP), cost, whole, point=at, step=STEP)


@pytest.mark.parametrize("days", [9, 12, 30])
def test_the_interval_holds_eight_days_in_ten(days: int) -> None:
    random = np.random.default_rng(days)
    held, total = 0, 0
    for _ in range(150):
        made = [simulated_day(random) for _ in range(days + 1)]
        for at in (32_400, 43_200, 57_600):
            past = [path_of(cost, at) for cost in made[:-1]]
            now = path_of(made[-1], at)
            point = Point(spent=now.before, usd=50.0, now=at, end=DAY_S)
            found = of_past(point, past, basis="days before")
            held += found.low <= made[-1].sum() <= found.high
            total += 1

    # 9 days: the smallest and the largest of nine, (9 + 1 - 2) / (9 + 1).
    assert 0.75 <= held / total <= 0.9


@given(
    spent=st.floats(0, 1e6),
    usd=st.floats(0.01, 1e6),
    past=st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), min_size=1, max_size=20),
)
def test_whatever_was_before_it_makes_sense(
    spent: float, usd: float, past: list[tuple[float, float]]
) -> None:
    paths = [even_path(POINT.left_s, before, after) for before, after in past if before + after]
    if not paths:
        return
    point = Point(spent=spent, usd=usd, now=POINT.now, end=POINT.end)

    assert_makes_sense(point, of_past(point, paths, basis="days before"))


@given(
    spent=st.floats(0, 1e6), usd=st.floats(0.01, 1e6), rates=st.lists(st.floats(0, 1e3), min_size=2)
)
def test_whatever_the_rates_it_makes_sense(spent: float, usd: float, rates: list[float]) -> None:
    point = Point(spent=spent, usd=usd, now=POINT.now, end=POINT.end)

    assert_makes_sense(point, of_rates(point, rates[0], rates[1:], basis="the rate so far"))


def assert_makes_sense(point: Point, found: Forecast) -> None:
    assert point.spent <= found.low * (1 + 1e-9) <= found.likely * (1 + 1e-6)
    assert found.likely <= found.high * (1 + 1e-6)
    early, likely, late = (DAY_S if at is None else at for at in found.gone)
    assert point.now <= early <= likely <= late <= point.end


def test_a_day_like_the_others_ends_like_them() -> None:
    paths = [even_path(POINT.left_s, 10.0, 20.0)] * 12
    found = of_past(POINT, paths, basis="12 days before")

    assert (found.low, found.likely, found.high) == pytest.approx((60.0, 60.0, 60.0))
    # 30 dollars are left, and 40 are to come in 43,200 s.
    assert found.gone[1] == pytest.approx(POINT.now + 0.75 * POINT.left_s, abs=500)
    assert found.basis == "12 days before"


def test_a_quiet_evening_is_known_from_the_days_before() -> None:
    found = of_past(POINT, [even_path(POINT.left_s, 10.0, 0.5)] * 12, basis="12 days before")

    assert found.high == pytest.approx(21.0)
    assert found.gone == (None, None, None)


def test_few_days_make_a_wide_interval_that_says_so() -> None:
    few = [even_path(POINT.left_s, 10.0, rest) for rest in (4.0, 5.0, 6.0)]
    found = of_past(POINT, few, basis="3 days before")

    assert (found.low, found.likely, found.high) == pytest.approx((24.0, 30.0, 44.0))
    assert found.basis == "3 days before, too few to be sure"
    assert len(few) < ENOUGH


def test_a_point_inside_a_bucket_shares_it() -> None:
    cost = np.full(DAY_S // STEP, 1.0)
    found = path_of(cost, 43_200 + STEP // 4)

    assert found.before == pytest.approx(144.25)
    assert found.before + found.rest == pytest.approx(cost.sum())
    assert found.after_s[0] == pytest.approx(STEP * 0.75)


def test_without_spending_nothing_comes_to_an_end() -> None:
    found = of_rates(POINT, 0.0, [0.0], basis="the rate so far")

    assert found.gone == (None, None, None)
    assert (found.low, found.high) == (POINT.spent, POINT.spent)
