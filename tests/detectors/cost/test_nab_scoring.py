"""The scoring of the benchmark, by hand; it lies beside the benchmark that needs it."""

import math
import sys

import numpy as np
import pytest
from kit.places import ROOT

sys.path.append(str(ROOT / "benchmarks"))

from nab_scoring import (
    NOTHING,
    Profile,
    Scored,
    Window,
    counts,
    curve,
    probation,
    worth,
)

STANDARD = Profile(hit=1.0, miss=1.0, false_alarm=0.11)
LOW_FN = Profile(hit=1.0, miss=2.0, false_alarm=0.11)
PROFILES = [STANDARD, LOW_FN, Profile(hit=1.0, miss=1.0, false_alarm=0.22)]


def flagged(count: int, at: dict[int, float], windows: list[Window]) -> Scored:
    """A series with these scores at these places, and 0 elsewhere."""
    scores = np.zeros(count)
    for place, score in at.items():
        scores[place] = score
    return Scored(scores=scores, windows=windows)


def sigma(x: float) -> float:
    return 2 / (1 + math.exp(-5 * x)) - 1


@pytest.mark.parametrize("profile", PROFILES)
def test_the_first_value_of_each_window_and_nothing_else_is_100(profile: Profile) -> None:
    """A perfect detector has the full score in every profile."""
    series = [flagged(1000, {300: 1, 700: 1}, [(300, 349), (700, 799)]), flagged(400, {}, [])]

    assert curve(series, profile).at(0.5) == pytest.approx(100)


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_0(profile: Profile) -> None:
    """Who never flags anything gains and loses nothing."""
    series = [flagged(1000, {300: 0.4}, [(300, 349), (700, 799)])]

    assert curve(series, profile).at(0.5) == 0


def test_a_hit_is_worth_less_the_later_it_comes() -> None:
    """From 1 at the first value of a window to next to nothing at its last."""
    _, value = worth(100, [(50, 59)])

    assert value[50] == pytest.approx(1)
    assert value[55] == pytest.approx(sigma(0.5) / sigma(1))
    assert value[59] == pytest.approx(sigma(0.1) / sigma(1))
    assert np.all(np.diff(value[50:60]) < 0)


def test_a_false_alarm_costs_less_right_after_a_window() -> None:
    """It costs in full before any window, and from three lengths behind one."""
    which, value = worth(200, [(50, 59)])

    assert np.all(which[50:60] == 0)
    assert np.all(value[:50] == -1)
    assert value[60] == pytest.approx(sigma(-1 / 9))
    assert value[59 + 18] == pytest.approx(sigma(-2))
    assert np.all(value[59 + 27 :] == -1)


def test_a_small_example_comes_out_as_by_hand() -> None:
    """One late hit, one miss, one false alarm early and one between the windows."""
    at = {40: 0.9, 55: 0.9, 57: 0.9, 70: 0.9}
    series = [flagged(200, at, [(50, 59), (150, 159)])]

    hit = sigma(0.5) / sigma(1)
    by_hand = hit - 1 + 0.11 * (-1 + sigma(-11 / 9))
    assert curve(series, STANDARD).at(0.9) == pytest.approx(100 * (by_hand + 2) / 4)
    assert curve(series, LOW_FN).at(0.9) == pytest.approx(100 * (by_hand - 1 + 4) / 6)
    assert counts(series, 0.9) == (1, 2, 2)


def test_what_is_flagged_in_the_probation_does_not_count() -> None:
    """Neither for nor against, and a window that lies in it is no miss."""
    quiet = flagged(1000, {300: 1}, [(300, 349)])
    loud = flagged(1000, {300: 1, 20: 1, 149: 1}, [(100, 120), (300, 349)])

    assert curve([loud], STANDARD).at(0.5) == pytest.approx(curve([quiet], STANDARD).at(0.5))
    assert counts([loud], 0.5) == (1, 1, 0)


@pytest.mark.parametrize(
    ("count", "expected"), [(100, 15), (4032, 604), (5000, 750), (22_695, 750)]
)
def test_the_probation_is_15_percent_and_750_at_most(count: int, expected: int) -> None:
    """As many values at the start of a series are free."""
    assert probation(count) == expected


def test_the_best_threshold_is_one_for_all_series() -> None:
    """What is gained in one series by lowering it may be lost in another."""
    good = flagged(1000, {300: 0.6}, [(300, 349)])
    noisy = flagged(1000, dict.fromkeys(range(200, 240), 0.7), [])

    assert curve([good], STANDARD).best() == (pytest.approx(0.6), pytest.approx(100))
    assert curve([good, noisy], STANDARD).best() == (NOTHING, 0)


def test_equal_scores_are_taken_together() -> None:
    """A threshold cannot part what is scored alike."""
    series = [flagged(1000, {250: 0.6, 300: 0.6, 800: 0.6}, [(300, 349)])]

    assert curve(series, STANDARD).at(0.6) == pytest.approx(100 * (2 - 0.22) / 2)
    assert curve(series, STANDARD).thresholds.tolist() == [0.6, 0]
