import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.alarms.census import RISE, Census

ROOM = 60
moves = st.lists(
    st.tuples(
        st.sampled_from(["enter", "leave", "wait"]),
        st.lists(st.integers(0, ROOM - 1), max_size=ROOM, unique=True),
        st.floats(0, 30),
    ),
    max_size=30,
)


def live(census: Census) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    counts = census.counts(range(ROOM))
    return counts[~np.isnan(counts)]


def play(census: Census, moves: list[tuple[str, list[int], float]], day: float = 0.0) -> float:
    for move, slots, days in moves:
        if move == "enter":
            census.enter(slots)
        elif move == "leave":
            census.leave(slots)
        else:
            day += days
            census.advance(day=day)
    return day


@given(moves)
def test_whoever_comes_and_goes_the_allowance_is_overspent_by_a_logarithm_at_most(
    moves: list[tuple[str, list[int], float]],
) -> None:
    census = Census(ROOM, day=0.0)

    play(census, moves)
    counts = live(census)

    assert len(counts) == census.streams
    if len(counts):
        assert float(np.sum(1 / counts)) <= (1 + math.log(len(counts))) * (1 + 1e-9)


@given(moves)
def test_after_a_while_everybody_is_counted_alike(
    moves: list[tuple[str, list[int], float]],
) -> None:
    census = Census(ROOM, day=0.0)

    day = play(census, moves)
    census.advance(day=day + 100)

    assert live(census) == pytest.approx(np.full(census.streams, census.streams))


def test_a_thousand_newcomers_raise_nobody_elses_threshold_by_more_than_so_much_a_day() -> None:
    census = Census(1000, day=0.0)
    census.enter([0])
    census.enter(range(1, 1000))

    census.advance(day=0.5)

    assert float(np.log(census.counts([0]))[0]) == pytest.approx(RISE / 2)
    assert float(census.counts([999])[0]) == pytest.approx(1000)


def test_a_clock_that_goes_back_moves_nothing() -> None:
    census = Census(10, day=5.0)
    census.enter([0])
    census.enter([1, 2])

    census.advance(day=1.0)
    census.advance(day=math.nan)

    assert census.counts([0, 1]) == pytest.approx([1, 3])


@given(moves, moves)
def test_what_is_restored_goes_on_as_if_never_stopped(
    before: list[tuple[str, list[int], float]], after: list[tuple[str, list[int], float]]
) -> None:
    first, second = Census(ROOM, day=0.0), Census(ROOM, day=99.0)
    day = play(first, before)

    second.restore(first.state())
    play(first, after, day)
    play(second, after, day)

    assert np.array_equal(first.counts(range(ROOM)), second.counts(range(ROOM)), equal_nan=True)


@pytest.mark.parametrize("slots", [[-1], [10]])
def test_slots_that_do_not_exist_are_refused(slots: list[int]) -> None:
    with pytest.raises(ValueError, match="claim slots by key"):
        Census(10, day=0.0).enter(slots)


def test_a_state_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3 slots"):
        Census(2, day=0.0).restore(Census(3, day=0.0).state())
