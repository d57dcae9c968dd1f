import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.alarms.sample import SessionSample

names = st.sampled_from([f"run-{n}" for n in range(12)] + ["", "\0", "é\ud800"])
streams = st.lists(st.tuples(names, st.floats(-10, 10)), max_size=80)


def new() -> SessionSample:
    return SessionSample(12, sessions=4, width=1, seed=11)


def contents(sample: SessionSample) -> list[list[float]]:
    values, sessions = sample.values()
    numbers = range(int(sessions.max(initial=-1)) + 1)
    return [values[sessions == number, 0].tolist() for number in numbers]


def feed(sample: SessionSample, stream: list[tuple[str, float]]) -> None:
    for session, value in stream:
        sample.add(session, [value])


@given(streams)
def test_memory_is_bounded_and_no_session_takes_more_than_its_share(
    stream: list[tuple[str, float]],
) -> None:
    sample = new()

    feed(sample, stream)
    kept = contents(sample)

    assert sum(map(len, kept)) == sample.rows <= 12
    assert len(kept) == sample.sessions >= min(4, len({session for session, _ in stream}))
    assert all(len(session) <= 3 for session in kept)


@given(streams)
def test_how_sessions_are_interleaved_does_not_matter(stream: list[tuple[str, float]]) -> None:
    mixed, in_turn = new(), new()

    feed(mixed, stream)
    feed(in_turn, sorted(stream, key=lambda pair: pair[0]))

    assert contents(mixed) == contents(in_turn)


@given(streams, streams)
def test_what_is_restored_goes_on_as_if_never_stopped(
    before: list[tuple[str, float]], after: list[tuple[str, float]]
) -> None:
    first, second = new(), new()
    feed(first, before)

    second.restore(first.state())
    feed(first, after)
    feed(second, after)

    assert contents(first) == contents(second)


def test_every_session_and_every_place_in_it_is_as_likely_to_be_kept() -> None:
    places = np.zeros(10)
    sessions = np.zeros(20)
    for seed in range(400):
        sample = SessionSample(10, sessions=5, width=2, seed=seed)
        for session in range(20):
            for place in range(10):
                sample.add(f"run-{session}", [session, place])
        values, _ = sample.values()
        places += np.bincount(values[:, 1].astype(int), minlength=10)
        sessions += np.bincount(values[:, 0].astype(int), minlength=20)

    # 400 samples of 10: each place 400 times, each session 200 times, +- 3 standard deviations.
    assert places == pytest.approx(np.full(10, 400), abs=60)
    assert sessions == pytest.approx(np.full(20, 200), abs=60)


def test_nan_is_no_observation() -> None:
    sample = new()

    sample.add("run", [math.nan])

    assert (sample.rows, sample.sessions) == (0, 0)


def test_an_observation_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="1 numbers"):
        new().add("run", [1.0, 2.0])


def test_a_state_of_another_width_is_refused() -> None:
    wide = SessionSample(12, sessions=4, width=2, seed=11)

    with pytest.raises(ValueError, match="same arguments"):
        new().restore(wide.state())
