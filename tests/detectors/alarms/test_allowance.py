import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.alarms.allowance import LEAST_RUN_LENGTH, Allowance

counts = st.integers(1, 10**6)
rates = st.floats(1e-3, 1e6)


def test_one_page_a_week_of_a_thousand_agents_needs_a_million_observations() -> None:
    allowance = Allowance(weights={"drift": 1.0})

    length = allowance.run_length("drift", streams=1000, updates_per_day=200)

    assert float(length) == pytest.approx(1.4e6)
    assert float(allowance.log_threshold("drift", streams=1000, updates_per_day=200)) == (
        pytest.approx(math.log(1.4e6))
    )


@given(st.lists(rates, min_size=1, max_size=50), st.floats(0.01, 100), st.floats(0.01, 0.99))
def test_all_streams_together_make_no_more_false_alarms_than_allowed(
    streams: list[float], pages: float, share: float
) -> None:
    allowance = Allowance(pages_per_week=pages, weights={"drift": share, "cost": 1 - share})

    lengths = allowance.run_length("drift", streams=len(streams), updates_per_day=streams)
    a_week = 7 * float(np.sum(np.array(streams) / lengths))

    assert a_week <= pages * share * (1 + 1e-9)


@given(counts, rates, rates)
def test_a_talkative_stream_raises_its_own_threshold_only(
    streams: int, rate: float, other: float
) -> None:
    allowance = Allowance(weights={"drift": 1.0})

    alone = allowance.run_length("drift", streams=streams, updates_per_day=rate)
    beside = allowance.run_length("drift", streams=streams, updates_per_day=[rate, other])

    assert float(alone) == float(beside[0])


def test_an_idle_fleet_does_not_page_at_every_observation() -> None:
    allowance = Allowance(weights={"drift": 1.0})

    length = allowance.run_length("drift", streams=1, updates_per_day=0.1)

    assert float(length) == LEAST_RUN_LENGTH
    assert allowance.per_run("drift", runs_per_day=0.1) == 1 / LEAST_RUN_LENGTH


def test_per_run_the_allowance_is_spread_over_the_runs_of_a_day() -> None:
    allowance = Allowance(pages_per_week=7, weights={"loops": 0.5, "cost": 0.5})

    assert allowance.per_run("loops", runs_per_day=1000) == pytest.approx(0.0005)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf])
def test_what_is_not_a_number_above_zero_is_refused_by_name(bad: float) -> None:
    allowance = Allowance(weights={"drift": 1.0})

    with pytest.raises(ValueError, match="pages_per_week"):
        Allowance(pages_per_week=bad, weights={"drift": 1.0})
    with pytest.raises(ValueError, match="streams"):
        allowance.run_length("drift", streams=bad, updates_per_day=1)
    with pytest.raises(ValueError, match="updates_per_day"):
        allowance.run_length("drift", streams=1, updates_per_day=[1, bad])
    with pytest.raises(ValueError, match="runs_per_day"):
        allowance.per_run("drift", runs_per_day=bad)


@pytest.mark.parametrize(
    "weights", [{}, {"drift": 0.5}, {"drift": 1.5, "cost": -0.5}, {"drift": math.nan}]
)
def test_weights_that_do_not_sum_to_one_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Allowance(weights=weights)


def test_an_unknown_family_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'dirft'.*known are drift"):
        Allowance(weights={"drift": 1.0}).per_day("dirft")
