"""Laws that hold for every detector built on evidence, in every form."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetglass_detectors.alarms.bernoulli import RateDetector
from fleetglass_detectors.alarms.edetector import EDetector
from fleetglass_detectors.alarms.evidence import CEILING, Evidence, FloatArray, Form

ROOM = 4
FORMS: tuple[Form, ...] = ("roberts", "cusum", "wealth")


class Detector(Protocol):
    def update(self, slots: npt.ArrayLike, f: npt.ArrayLike, /) -> FloatArray: ...
    def read(self, slots: npt.ArrayLike) -> FloatArray: ...
    def reset(self, slots: npt.ArrayLike) -> None: ...
    def state(self) -> dict[str, FloatArray]: ...
    def restore(self, state: Mapping[str, FloatArray]) -> None: ...


class Refusals(RateDetector):
    """With the bounds of a reference of 6 in 300."""

    def update(
        self,
        slots: npt.ArrayLike,
        x: npt.ArrayLike,
        *,
        low: npt.ArrayLike = 0.012,
        high: npt.ArrayLike = 0.033,
    ) -> FloatArray:
        return super().update(slots, x, low=low, high=high)


def build(kind: str, form: Form) -> Detector:
    if kind == "rate":
        return Refusals(ROOM, form=form)
    return EDetector(ROOM, form=form, two_sided=kind == "two-sided", margin=0.1)


detectors = pytest.mark.parametrize(
    ("kind", "form"),
    [(kind, form) for kind in ("one-sided", "two-sided", "rate") for form in FORMS],
)
slots = st.integers(0, ROOM - 1)
# Whatever a careless or hostile caller may send.
scores = st.one_of(
    st.floats(-1, 1), st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 1, 0])
)
observations = st.lists(st.tuples(slots, scores), max_size=40)


def feed(detector: Detector, pairs: list[tuple[int, float]]) -> FloatArray:
    return detector.update([slot for slot, _ in pairs], [score for _, score in pairs])


@detectors
@given(pairs=observations)
@settings(max_examples=30)
def test_a_batch_is_the_same_as_one_by_one(
    kind: str, form: Form, pairs: list[tuple[int, float]]
) -> None:
    together, singly = build(kind, form), build(kind, form)

    at_once = feed(together, pairs).tolist()
    in_turn = [float(feed(singly, [pair])[0]) for pair in pairs]

    # The same up to the last digit: a vector and a single number may round differently.
    assert at_once == pytest.approx(in_turn, rel=1e-12, abs=1e-12)


@detectors
@given(before=observations, after=observations)
@settings(max_examples=30)
def test_what_is_restored_goes_on_as_if_never_stopped(
    kind: str, form: Form, before: list[tuple[int, float]], after: list[tuple[int, float]]
) -> None:
    first, second = build(kind, form), build(kind, form)
    feed(first, before)

    second.restore(first.state())

    assert feed(first, after).tolist() == feed(second, after).tolist()
    assert first.state()["log_m"].tolist() == second.state()["log_m"].tolist()


@detectors
@given(pairs=observations, data=st.data())
@settings(max_examples=30)
def test_the_order_of_slots_does_not_matter(
    kind: str, form: Form, pairs: list[tuple[int, float]], data: st.DataObject
) -> None:
    mixed, sorted_by_slot = build(kind, form), build(kind, form)
    places = data.draw(st.permutations(range(ROOM)))

    feed(mixed, pairs)
    feed(sorted_by_slot, sorted(pairs, key=lambda pair: places[pair[0]]))

    assert mixed.read(range(ROOM)).tolist() == pytest.approx(
        sorted_by_slot.read(range(ROOM)).tolist(), rel=1e-12, abs=1e-12
    )


@detectors
@given(pairs=observations)
@settings(max_examples=30)
def test_evidence_is_never_nan_and_never_above_the_ceiling(
    kind: str, form: Form, pairs: list[tuple[int, float]]
) -> None:
    detector = build(kind, form)

    log_m = feed(detector, pairs)

    assert not np.isnan(log_m).any()
    assert bool((log_m <= CEILING).all())


@detectors
@given(pairs=observations)
@settings(max_examples=30)
def test_nan_is_no_observation(kind: str, form: Form, pairs: list[tuple[int, float]]) -> None:
    all_of_them, known = build(kind, form), build(kind, form)

    feed(all_of_them, pairs)
    feed(known, [pair for pair in pairs if not math.isnan(pair[1])])

    assert all_of_them.read(range(ROOM)).tolist() == pytest.approx(
        known.read(range(ROOM)).tolist(), rel=1e-12, abs=1e-12
    )


@detectors
@given(pairs=observations)
@settings(max_examples=30)
def test_reading_learns_nothing(kind: str, form: Form, pairs: list[tuple[int, float]]) -> None:
    detector = build(kind, form)
    feed(detector, pairs)
    before = detector.state()["log_m"].tolist()

    detector.read(range(ROOM))
    feed(detector, [])

    assert detector.state()["log_m"].tolist() == before


@detectors
def test_a_slot_without_an_observation_keeps_its_evidence(kind: str, form: Form) -> None:
    detector = build(kind, form)
    feed(detector, [(0, 1.0), (1, 1.0)])
    before = float(detector.read([0])[0])

    feed(detector, [(1, 1.0)] * 20)

    assert float(detector.read([0])[0]) == before


@detectors
def test_a_reset_slot_is_as_new(kind: str, form: Form) -> None:
    detector, new = build(kind, form), build(kind, form)
    feed(detector, [(0, 1.0), (1, 1.0)])

    detector.reset([0])

    assert detector.read([0]).tolist() == new.read([0]).tolist()
    assert detector.read([1]).tolist() != new.read([1]).tolist()


@pytest.mark.parametrize("form", FORMS)
def test_years_of_the_worst_are_left_behind_at_last(form: Form) -> None:
    detector = EDetector(1, form=form)

    detector.update([0] * 3000, [1.0] * 3000)
    after = detector.update([0] * 1000, [-1.0] * 1000)

    assert float(after[-1]) < math.log(100)


def test_a_rise_and_a_fall_are_told_apart() -> None:
    scores, rates = EDetector(2, two_sided=True), RateDetector(2)

    scores.update([0] * 20 + [1] * 20, [0.5] * 20 + [-0.5] * 20)
    rates.update([0] * 20 + [1] * 20, [1.0] * 20 + [0.0] * 20, low=0.4, high=0.6)

    assert scores.rising([0, 1]).tolist() == [True, False]
    assert rates.rising([0, 1]).tolist() == [True, False]


def test_without_bounds_there_is_no_evidence() -> None:
    detector = RateDetector(1)

    detector.update([0, 0], [1, 1], low=math.nan, high=math.nan)

    assert detector.read([0]).tolist() == [-math.inf]


@pytest.mark.parametrize("slots", [[-1], [ROOM], [0.5], [[0]], ["0"]])
def test_slots_that_do_not_exist_are_refused(slots: npt.ArrayLike) -> None:
    with pytest.raises(ValueError, match="slots"):
        EDetector(ROOM).update(slots, [0.0])


def test_arguments_that_promise_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="bets"):
        EDetector(1, bets=[1.0])
    with pytest.raises(ValueError, match="bets"):
        EDetector(1, margin=0.5)
    with pytest.raises(ValueError, match="margin"):
        EDetector(1, margin=-0.1)
    with pytest.raises(ValueError, match="per cent"):
        RateDetector(1).update([0], [1], low=2, high=5)
    with pytest.raises(ValueError, match="pairs"):
        EDetector(2).update([0, 1], [0.5])
    with pytest.raises(ValueError, match="restore into"):
        Evidence(2, bets=1).restore(Evidence(2, bets=2).state())
