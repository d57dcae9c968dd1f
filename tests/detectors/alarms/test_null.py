"""Under "no change" evidence does not grow on average: computed over every path, not simulated."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetglass_detectors.alarms.bernoulli import RateDetector
from fleetglass_detectors.alarms.edetector import EDetector
from fleetglass_detectors.alarms.evidence import FloatArray, Form

DEPTH = 6
PATHS = np.array(list(product([0, 1], repeat=DEPTH)))  # (64, 6)
FORMS: tuple[Form, ...] = ("roberts", "cusum", "wealth")
shares = st.floats(0.01, 0.99)


def allowed(form: Form) -> FloatArray:
    """What the mean of M may be after 1, 2, ... observations."""
    return np.ones(DEPTH) if form == "wealth" else np.arange(1.0, DEPTH + 1)


def chances(high: float) -> FloatArray:
    """The probability of each path when 1 has probability `high`."""
    found: FloatArray = np.where(PATHS == 1, high, 1 - high).prod(axis=1)
    return found


def grown(detector: EDetector, scores: FloatArray) -> FloatArray:
    """M on each path after each observation: (paths, depth)."""
    slots = np.arange(len(PATHS))
    return np.stack([np.exp(detector.update(slots, scores[:, t])) for t in range(DEPTH)], axis=1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("two_sided", [False, True])
@given(low=st.floats(-1, 0.05), high=st.floats(0.05, 1))
@settings(max_examples=30)
def test_of_a_score_with_mean_zero_the_mean_evidence_is_as_promised(
    form: Form, two_sided: bool, low: float, high: float
) -> None:
    low = min(low, 0.0)
    detector = EDetector(len(PATHS), form=form, two_sided=two_sided)

    evidence = grown(detector, np.where(PATHS == 1, high, low))
    means = chances(-low / (high - low)) @ evidence

    assert bool((means <= allowed(form) * (1 + 1e-9)).all())
    if form != "cusum":
        assert means.tolist() == pytest.approx(allowed(form).tolist())


@pytest.mark.parametrize("form", FORMS)
@given(high=st.floats(0.2, 1), mean=st.floats(-0.1, 0.1))
@settings(max_examples=30)
def test_a_mean_within_the_margin_on_either_side_is_no_change(
    form: Form, high: float, mean: float
) -> None:
    detector = EDetector(len(PATHS), form=form, two_sided=True, margin=0.1)

    evidence = grown(detector, np.where(PATHS == 1, high, -high))
    means = chances((mean / high + 1) / 2) @ evidence

    assert bool((means <= allowed(form) * (1 + 1e-9)).all())


@pytest.mark.parametrize("form", FORMS)
@given(bounds=st.tuples(shares, shares), inside=st.floats(0, 1))
@settings(max_examples=30)
def test_a_rate_within_its_bounds_is_no_change(
    form: Form, bounds: tuple[float, float], inside: float
) -> None:
    low, high = sorted(bounds)
    detector, slots = RateDetector(len(PATHS), form=form), np.arange(len(PATHS))

    updates = [detector.update(slots, PATHS[:, t], low=low, high=high) for t in range(DEPTH)]
    means = chances(low + inside * (high - low)) @ np.exp(np.stack(updates, axis=1))

    assert bool((means <= allowed(form) * (1 + 1e-9)).all())


@given(low=st.floats(-1, -0.01), high=st.floats(0.01, 1), bar=st.floats(1, 8))
@settings(max_examples=30)
def test_whenever_one_stops_the_mean_evidence_is_at_most_the_mean_time(
    low: float, high: float, bar: float
) -> None:
    evidence = grown(EDetector(len(PATHS)), np.where(PATHS == 1, high, low))
    passed = evidence >= bar
    stopped = np.where(passed.any(axis=1), passed.argmax(axis=1), DEPTH - 1)

    at_stop = evidence[np.arange(len(PATHS)), stopped]
    chance = chances(-low / (high - low))

    assert float(chance @ at_stop) <= float(chance @ (stopped + 1)) * (1 + 1e-9)
