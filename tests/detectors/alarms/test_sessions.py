import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.alarms.evidence import FloatArray
from fleetglass_detectors.alarms.sessions import Sessions, mean, paths, quantile
from fleetglass_detectors.alarms.tails import level, once_in

numbers = st.floats(-1e6, 1e6)
pairs = st.lists(st.tuples(st.integers(0, 5), numbers), min_size=1, max_size=40)


def grouped(pairs: list[tuple[int, float]]) -> Sessions:
    return Sessions.of([value for _, value in pairs], [session for session, _ in pairs])


@given(pairs)
def test_each_session_keeps_its_values_in_order(pairs: list[tuple[int, float]]) -> None:
    sessions = grouped(pairs)
    expected = [
        [value for session, value in pairs if session == name]
        for name in sorted({session for session, _ in pairs})
    ]

    assert [each.tolist() for each in np.split(sessions.values, sessions.starts[1:])] == expected
    assert sessions.maxima().tolist() == [max(each) for each in expected]
    assert sessions.means().tolist() == pytest.approx(
        [math.fsum(each) / len(each) for each in expected], abs=1e-6
    )


@given(pairs, st.data())
def test_how_sessions_are_interleaved_does_not_matter(
    pairs: list[tuple[int, float]], data: st.DataObject
) -> None:
    together = sorted(pairs, key=lambda pair: pair[0])

    assert mean(grouped(pairs), seed=3) == mean(grouped(together), seed=3)


@given(pairs)
def test_nan_is_no_observation(pairs: list[tuple[int, float]]) -> None:
    with_gaps = [*pairs, (0, math.nan), (99, math.nan)]

    assert mean(grouped(with_gaps), seed=1) == mean(grouped(pairs), seed=1)


@given(pairs, st.integers(1, 50), st.integers(1, 5))
def test_a_path_is_made_of_whole_sessions_but_for_the_last(
    pairs: list[tuple[int, float]], length: int, count: int
) -> None:
    # Every value says where it is from, so that a torn session can be told.
    named = [(session, float(place)) for place, (session, _) in enumerate(pairs)]
    sessions = grouped(named)
    blocks = [each.tolist() for each in np.split(sessions.values, sessions.starts[1:])]

    drawn = paths(sessions, length=length, count=count, seed=2)

    assert drawn.shape == (count, length)
    for path in drawn.tolist():
        rest = path
        while rest:
            block = next(each for each in blocks if each[0] == rest[0])
            assert rest[: len(block)] == block[: len(rest)]
            rest = rest[len(block) :]


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    sessions = Sessions.of(np.arange(100.0), np.arange(100) // 5)

    assert mean(sessions, seed=1) == mean(sessions, seed=1)
    assert mean(sessions, seed=1) != mean(sessions, seed=2)
    assert np.array_equal(
        paths(sessions, length=50, count=3, seed=1), paths(sessions, length=50, count=3, seed=1)
    )


def test_more_sessions_than_fit_at_once_are_drawn_in_parts() -> None:
    by_session = np.random.default_rng(1).normal(size=300_000)

    found = quantile(by_session, 0.5, seed=1, resamples=20)

    assert found.low <= found.value <= found.high
    assert found.high - found.low < 0.02


def simulated(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    offsets = np.repeat(rng.normal(size=60), 20)
    return offsets + rng.normal(size=offsets.size), np.repeat(np.arange(60.0), 20)


def test_the_interval_by_session_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    by_session, by_span = 0, 0
    for seed in range(200):
        spans, session = simulated(rng)
        honest = mean(Sessions.of(spans, session), seed=seed, resamples=300)
        wrong = mean(Sessions.of(spans, np.arange(spans.size)), seed=seed, resamples=100)
        by_session += honest.low <= 0 <= honest.high
        by_span += wrong.low <= 0 <= wrong.high

    # 95 % of 200 is 190 +- 6; spans as units give less than half of that.
    assert by_session >= 180
    assert by_span <= 110


def test_a_quantile_is_one_of_the_numbers_seen() -> None:
    found = quantile([3.0, 1.0, 2.0], 0.5, seed=1)

    assert (found.value, found.low, found.high) == (2.0, 1.0, 3.0)


def test_what_cannot_be_learned_from_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to learn from"):
        Sessions.of([math.nan], [1])
    with pytest.raises(ValueError, match="nothing to learn from"):
        Sessions.of([], [])
    with pytest.raises(ValueError, match="one session for each value"):
        Sessions.of([1.0, 2.0], [1])
    with pytest.raises(ValueError, match="by_session"):
        quantile([], 0.5, seed=1)
    with pytest.raises(ValueError, match="probability=95"):
        quantile([1.0], 95, seed=1)
    with pytest.raises(ValueError, match="length=0"):
        paths(Sessions.of([1.0], [1]), length=0, count=1, seed=1)


def test_a_rare_level_is_exceeded_as_rarely_as_asked() -> None:
    rng = np.random.default_rng(6)
    exceeded = [
        math.exp(-level(rng.exponential(size=300), exceeded=p)) for p in [0.1] * 300 + [0.001] * 300
    ]

    assert float(np.mean(exceeded[:300])) == pytest.approx(0.1, abs=0.01)
    assert float(np.median(exceeded[300:])) == pytest.approx(0.001, rel=0.3)


@given(st.lists(numbers, min_size=20, max_size=200), st.floats(1e-9, 0.4))
def test_what_is_rarer_is_not_lower(maxima: list[float], exceeded: float) -> None:
    assert level(maxima, exceeded=exceeded * 0.9) >= level(maxima, exceeded=exceeded) - 1e-6


@pytest.mark.parametrize("maxima", [[], [1.0] * 19, [1.0] * 30 + [math.nan], [math.inf] * 30])
def test_too_few_maxima_are_refused(maxima: list[float]) -> None:
    with pytest.raises(ValueError, match="pool those of the parent"):
        level(maxima, exceeded=0.1)


def test_a_probability_or_length_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="exceeded=0"):
        level([1.0] * 30, exceeded=0)
    with pytest.raises(ValueError, match="run_length=0"):
        once_in(0, length=10)
