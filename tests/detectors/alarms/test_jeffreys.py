import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetglass_detectors.alarms.jeffreys import beta_cdf, beta_quantile, jeffreys

shapes = st.floats(0.5, 5000)


@given(st.floats(0, 1), st.floats(0.5, 1000))
@settings(max_examples=50)
def test_where_there_is_a_formula_the_fraction_agrees_with_it(x: float, b: float) -> None:
    assert float(beta_cdf(x, 1, b)) == pytest.approx(
        -math.expm1(b * math.log1p(-x)) if x < 1 else 1
    )
    assert float(beta_cdf(x, 0.5, 0.5)) == pytest.approx(2 / math.pi * math.asin(math.sqrt(x)))
    assert float(beta_cdf(x, 2, 3)) == pytest.approx(x**2 * (6 - 8 * x + 3 * x**2))


@given(st.floats(0, 1), shapes, shapes)
@settings(max_examples=50)
def test_the_two_tails_sum_to_one(x: float, a: float, b: float) -> None:
    assert float(beta_cdf(x, a, b) + beta_cdf(1 - x, b, a)) == pytest.approx(1, abs=1e-9)


@given(st.floats(0.001, 0.999), shapes, shapes)
@settings(max_examples=50)
def test_the_quantile_undoes_the_probability(probability: float, a: float, b: float) -> None:
    x = beta_quantile(probability, np.array(a), np.array(b))

    assert float(beta_cdf(x, a, b)) == pytest.approx(probability, abs=1e-6)


def test_a_million_runs_are_no_trouble() -> None:
    bounds = jeffreys([0, 500_000], 1_000_000)

    assert bounds.low.tolist() == pytest.approx([0, 0.5 - 1.2816 * 0.0005], abs=1e-6)
    assert bounds.high.tolist() == pytest.approx([1.3528e-6, 0.5 + 1.2816 * 0.0005], abs=1e-6)


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3, 0.5])
def test_the_true_rate_is_above_the_upper_bound_in_about_one_reference_of_ten(rate: float) -> None:
    happened = np.arange(301)
    chance = [math.comb(300, k) * rate**k * (1 - rate) ** (300 - k) for k in range(301)]

    missed = float(np.array(chance) @ (jeffreys(happened, 300).high < rate))

    assert missed == pytest.approx(0.1, abs=0.06)


@given(st.integers(0, 500), st.integers(0, 500))
@settings(max_examples=50)
def test_the_bounds_hold_the_observed_rate(happened: int, not_happened: int) -> None:
    of = happened + not_happened

    bounds = jeffreys(happened, of)

    assert 0 <= float(bounds.low) <= (happened / of if of else 0.5) <= float(bounds.high) <= 1


def test_nothing_seen_is_nothing_known() -> None:
    bounds = jeffreys(0, 0)

    assert (float(bounds.low), float(bounds.high)) == (0.0, 1.0)


@pytest.mark.parametrize(("happened", "of"), [(-1, 3), (4, 3), (math.nan, 3), (1, math.inf)])
def test_impossible_counts_are_refused(happened: float, of: float) -> None:
    with pytest.raises(ValueError, match="0 <= happened <= of"):
        jeffreys(happened, of)


def test_per_cent_is_not_taken_for_a_share() -> None:
    with pytest.raises(ValueError, match="level=90"):
        jeffreys(1, 3, level=90)
