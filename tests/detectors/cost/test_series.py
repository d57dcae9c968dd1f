import doctest
import importlib
import math
import pickle
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetglass_detectors.cost import SeriesScorer
from fleetglass_detectors.cost.series import THRESHOLD, WARM_UP
from fleetglass_detectors.cost.series.report import Report

FloatArray = npt.NDArray[np.float64]

MODULES = ("cells", "ladder", "rarity", "report", "scorer", "shapes", "stuck", "views")
LONG = 2000
DAY = 288
"""Values a day, one every five minutes."""

HOSTILE = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]),
)


def scores(values: Iterable[float], scorer: SeriesScorer | None = None) -> list[float]:
    scorer = scorer or SeriesScorer()
    return [scorer.score(300.0 * place, float(value)) for place, value in enumerate(values)]


def alarms(values: Iterable[float]) -> list[int]:
    return [place for place, score in enumerate(scores(values)) if score >= THRESHOLD]


def noise(length: int = LONG, *, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(100, 5, length)


def season(length: int = LONG, *, seed: int = 0) -> FloatArray:
    """A day's rise and fall, with some noise."""
    waves = np.sin(np.arange(length) / DAY * 2 * np.pi)
    values: FloatArray = 100 + 50 * waves + noise(length, seed=seed) / 5
    return values


def constant(length: int = LONG, *, seed: int = 0) -> FloatArray:
    return np.full(length, 7.5)


def work(length: int = LONG, *, seed: int = 0) -> FloatArray:
    """Counts that come and go within the hour."""
    mean = 12 + 8 * np.sign(np.sin(np.arange(length) / 12 * 2 * np.pi))
    return np.random.default_rng(seed).poisson(mean).astype(np.float64)


@settings(max_examples=60)
@given(
    st.sampled_from([noise, season, constant, work]),
    st.lists(HOSTILE, max_size=60),
    st.lists(HOSTILE, max_size=60),
)
def test_a_score_is_from_0_to_1_whatever_comes(
    kind: Callable[[int], FloatArray], early: list[float], late: list[float]
) -> None:
    """Before, within and after the warm-up."""
    found = scores([*early, *kind(2 * WARM_UP).tolist(), *late, *kind(50).tolist()])

    assert all(0 <= score <= 1 for score in found)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e308, -1e300])
def test_one_absurd_value_does_not_blind_it(bad: float) -> None:
    """A level shift soon afterwards is found all the same."""
    values = noise()
    values[1000] = bad
    values[1500:] += 60

    found = alarms(values)

    assert [place for place in found if 1500 <= place < 1520]


def test_a_run_of_absurd_values_is_grown_out_of() -> None:
    """What was a range of nothing but them is a range of the others again, in time."""
    values = noise(60_000)
    values[1000:1100] = 1e300
    values[59_000:] += 60

    assert [place for place in alarms(values) if 59_000 <= place < 59_020]


@pytest.mark.parametrize("stop", [0, 1, 150, WARM_UP, 201, 777, 1999])
@pytest.mark.parametrize("kind", [noise, season, constant, work])
def test_what_is_restored_goes_on_as_if_it_had_not_stopped(
    kind: Callable[[int], FloatArray], stop: int
) -> None:
    """To the last bit, and through plain values that a checkpoint can hold."""
    values = kind(2000)
    values[1200:1230] *= 3
    stopped, restored = SeriesScorer(), SeriesScorer()
    before = scores(values[:stop], stopped)
    restored.restore(pickle.loads(pickle.dumps(stopped.state())))

    assert before + scores(values[stop:], restored) == scores(values)
    assert _plain(stopped.state())


def _plain(state: object) -> bool:
    if isinstance(state, dict):
        return all(map(_plain, (*state.keys(), *state.values())))  # pyright: ignore
    if isinstance(state, list | tuple):
        return all(map(_plain, state))  # pyright: ignore
    return state is None or type(state) in (int, float, str, bytes, bool)


def test_a_state_is_not_changed_by_what_comes_later() -> None:
    """It is a copy, and so is what was restored from it."""
    scorer = SeriesScorer()
    scores(season(1000), scorer)
    state = scorer.state()
    held = pickle.dumps(state)
    other = SeriesScorer()
    other.restore(state)
    scores(work(500), scorer)
    scores(work(500), other)

    assert pickle.dumps(state) == held


def test_the_state_stays_small() -> None:
    """However long the series, and however wild."""
    rng = np.random.default_rng(1)
    scorer = SeriesScorer()
    sizes: list[int] = []
    for _ in range(5):
        scores(np.cumsum(rng.standard_t(2, 4000)), scorer)
        sizes.append(len(pickle.dumps(scorer.state())))

    assert max(sizes) < 12_000


@settings(max_examples=20)
@given(st.integers(0, 900), st.lists(HOSTILE, max_size=50))
def test_a_score_does_not_depend_on_what_comes_later(cut: int, later: list[float]) -> None:
    """A series that goes on otherwise has the same scores until then."""
    values = season(900).tolist()

    assert scores([*values[:cut], *later])[:cut] == scores(values)[:cut]


@pytest.mark.parametrize("kind", [noise, season, work])
def test_the_unit_does_not_matter(kind: Callable[[int], FloatArray]) -> None:
    """Dollars or cents: all scores are the same, and for any scale and offset nearly all."""
    values = kind(LONG)
    values[1500:1540] *= 2
    own = np.array(scores(values))

    assert scores(values * 1024) == own.tolist()
    assert scores(values * 0.25) == own.tolist()
    assert np.mean(np.isclose(scores(values * 0.37 - 12.3), own)) > 0.999


def test_a_time_may_be_a_datetime_or_seconds() -> None:
    """Both give the same scores."""
    start, values = datetime(2026, 1, 1, tzinfo=UTC), season(600)
    scorer = SeriesScorer()
    dated = [
        scorer.score(start + timedelta(minutes=5 * place), float(value))
        for place, value in enumerate(values)
    ]

    assert dated == scores(values)


@pytest.mark.parametrize("kind", [noise, season, work])
def test_usual_values_raise_next_to_nothing(kind: Callable[..., FloatArray]) -> None:
    """One alarm in a thousand values at most, on average over ten series."""
    found = sum(len(alarms(kind(LONG, seed=seed))) for seed in range(10))

    assert found <= 10 * LONG / 1000


@pytest.mark.parametrize("period", [12, 24, 96, 288])
def test_what_repeats_exactly_raises_nothing_once_it_was_seen(period: int) -> None:
    """A noiseless wave, for which rounding must not matter."""
    values = np.sin(np.arange(LONG) / period * 2 * np.pi)

    assert [place for place in alarms(values) if place > 2 * period] == []


def test_a_flat_line_raises_nothing() -> None:
    """Not even a low score."""
    assert set(scores(constant())) == {0.0}


def test_the_first_change_of_a_flat_line_is_found() -> None:
    """There was no range until then, and still it is news."""
    values = constant()
    values[1000:] += 1e-3

    assert alarms(values)[0] == 1000


def spike(values: FloatArray) -> FloatArray:
    values[1500] += 2 * np.ptp(values)
    return values


def drop(values: FloatArray) -> FloatArray:
    values[1500] -= 2 * np.ptp(values)
    return values


def shift(values: FloatArray) -> FloatArray:
    values[1500:] += np.ptp(values)
    return values


def stuck(values: FloatArray) -> FloatArray:
    values[1500:] = values[1500]
    return values


def wilder(values: FloatArray) -> FloatArray:
    values[1500:] = 100 + (values[1500:] - 100) * 3
    return values


@pytest.mark.parametrize("change", [spike, drop, shift, stuck, wilder])
@pytest.mark.parametrize("kind", [noise, season])
def test_a_change_is_found_soon(
    kind: Callable[..., FloatArray], change: Callable[[FloatArray], FloatArray]
) -> None:
    """Within thirty values, in nine of ten series."""
    found = [alarms(change(kind(LONG, seed=seed))) for seed in range(10)]

    assert sum(any(1500 <= place < 1530 for place in each) for each in found) >= 9


def test_another_pattern_of_the_same_values_is_found() -> None:
    """A day whose values come in any order has no value that no other day had."""
    rng = np.random.default_rng(2)
    found = 0
    for seed in range(10):
        values = season(LONG, seed=seed)
        values[1440 : 1440 + DAY] = rng.permutation(values[1440 : 1440 + DAY])
        found += any(1440 <= place < 1440 + 30 for place in alarms(values))

    assert found >= 9


def test_what_goes_on_is_reported_once() -> None:
    """Alarms begin an anomaly, and do not last as long as it does."""
    values = noise()
    values[1500:1600] += 200

    assert 1 <= sum(1500 <= place < 1600 for place in alarms(values)) <= 3


def test_the_same_news_counts_for_less_each_time() -> None:
    """Who reports every two hundred values is believed less and less, until it is quiet again."""
    report = Report()
    reported = [report.of(0.0 if place % 200 else 20.0) for place in range(2000)]
    often = [nats for nats in reported if nats]
    rested = [report.of(0.0) for _ in range(8000)]

    assert often == sorted(often, reverse=True)
    assert often[-1] < 17
    assert not any(rested)
    assert report.of(20.0) > 19.9


@pytest.mark.parametrize("name", MODULES)
def test_the_example_of_every_module_runs(name: str) -> None:
    """What the docstrings show is what happens."""
    module = importlib.import_module(f"fleetglass_detectors.cost.series.{name}")

    assert doctest.testmod(module).failed == 0
