"""Finds a step up in what runs cost while little is known of an agent.

The charts (creep.py) need a hundred runs and a quarter of an hour. Until then the last runs are
compared with all runs before them, by the logarithms of their costs:

    shift   mean of the last - mean of those before, at least log 5
    t       shift / (s sqrt(1 / last + 1 / before)), s the spread of those before, at least .1
    z       sqrt(df log(1 + t^2 / df)) (8 df + 1) / (8 df + 3), df = before - 1 (Wallace)

and z must reach what a normal number exceeds once in a thousand million: an agent in a million, as
each is looked at about a thousand times. Three quarters of the last runs must cost more than twice
as much as those before: one run alone, however costly, is the matter of `extreme`. So costs that
vary little need three runs, and costs that vary much need more. An agent takes about a kilobyte.

Reference:
    Wallace: Bounds on normal approximations to Student's and the chi-square distributions (1959).
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np

from fleetglass_detectors.alarms.evidence import BoolArray, FloatArray, IntArray

REMEMBERED = 64
BEFORE_LEAST, LAST_LEAST, LAST_MOST = 12, 4, 16
RARE = 5.998
"""A normal number is above this once in a thousand million times."""
RATIO = np.log(5.0)
SPREAD_LEAST = 0.1
MOST_OF = 0.75
"""This part of the last runs must each cost twice as much as those before."""
EXCESS = 0.05
"""Dollars that the last runs cost beyond what as many cost before. Less is nobody's trouble."""
DAY_NS = 86_400_000_000_000
OVER = np.log(2.0)
"""Runs that cost less than twice what they did before end a step."""


@dataclass(slots=True)
class Risen:
    """A step that was found, and goes on."""

    since_ns: int
    before: float
    """The mean of the marks before it."""
    last: list[float]
    """The latest marks."""
    count: int

    @property
    def shift(self) -> float:
        return mean(self.last) - self.before


class Step:
    """The first runs of each key. A mark is the logarithm of what a run cost."""

    def __init__(self) -> None:
        # Arrays and not lists of tuples: there may be 100,000 young keys, and they stay young.
        self._marks: dict[int, array[float]] = {}
        self._times: dict[int, array[int]] = {}
        self._risen: dict[int, Risen] = {}

    def update(self, slots: IntArray, marks: FloatArray, now_ns: int, *, young: BoolArray) -> None:
        """Take in the marks of runs. Keys that are not `young` any more begin no step."""
        given = zip(slots.tolist(), marks.tolist(), young.tolist(), strict=True)
        for slot, mark, is_young in given:
            if slot in self._risen:
                self._continue(slot, mark, now_ns)
            elif is_young:
                self._look(slot, mark, now_ns)
            else:
                self._forget(slot)

    def moved(self) -> Iterator[tuple[int, Risen]]:
        """Yield the keys whose runs cost more since a step."""
        yield from self._risen.items()

    def risen(self, slots: IntArray) -> FloatArray:
        """Return by how much the marks of keys have risen; 0 without a step."""
        shifts = {slot: risen.shift for slot, risen in self._risen.items()}
        return np.array([shifts.get(slot, 0.0) for slot in slots.tolist()])

    def reset(self, slots: IntArray) -> None:
        for slot in slots.tolist():
            self._forget(slot)
            self._risen.pop(slot, None)

    def state(self) -> dict[str, Any]:
        risen = {
            slot: (one.since_ns, one.before, [*one.last], one.count)
            for slot, one in self._risen.items()
        }
        marks = {slot: values.tobytes() for slot, values in self._marks.items()}
        times = {slot: values.tobytes() for slot, values in self._times.items()}
        return {"marks": marks, "times": times, "risen": risen}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._marks = {slot: array("d", packed) for slot, packed in state["marks"].items()}
        self._times = {slot: array("q", packed) for slot, packed in state["times"].items()}
        self._risen = {
            slot: Risen(since_ns=since_ns, before=before, last=[*last], count=count)
            for slot, (since_ns, before, last, count) in state["risen"].items()
        }

    def _look(self, slot: int, mark: float, now_ns: int) -> None:
        marks = self._marks.setdefault(slot, array("d"))
        times = self._times.setdefault(slot, array("q"))
        marks.append(mark)
        times.append(now_ns)
        del marks[:-REMEMBERED], times[:-LAST_MOST]
        if last := step_up(marks):
            values = marks.tolist()
            self._risen[slot] = Risen(times[-last], mean(values[:-last]), values[-last:], last)
            self._forget(slot)

    def _continue(self, slot: int, mark: float, now_ns: int) -> None:
        step = self._risen[slot]
        step.count += 1
        step.last.append(mark)
        del step.last[:-LAST_MOST]
        # After a day, the new level is usual.
        if step.shift < OVER or now_ns - step.since_ns > DAY_NS:
            del self._risen[slot]

    def _forget(self, slot: int) -> None:
        self._marks.pop(slot, None)
        self._times.pop(slot, None)


def step_up(marks: Sequence[float]) -> int:
    """Return how many of the last marks are a step up from all before; 0 if they are none."""
    count = len(marks)
    if count < BEFORE_LEAST + LAST_LEAST:
        return 0
    # Nearly every mark ends here: it is not far above those that are certain to lie before a step.
    certain = marks[: max(BEFORE_LEAST, count - LAST_MOST)]
    level = sum(certain) / len(certain)
    if marks[-1] - level < RATIO / 2:
        return 0
    values = np.asarray(marks)
    last = np.arange(LAST_LEAST, min(LAST_MOST, count - BEFORE_LEAST) + 1)
    before = count - last
    sums, squares = np.cumsum(values), np.cumsum(values**2)
    centre = sums[before - 1] / before
    shift = (sums[-1] - sums[before - 1]) / last - centre
    variance = (squares[before - 1] - before * centre**2) / (before - 1)
    spread = np.sqrt(np.maximum(variance, SPREAD_LEAST**2))
    z = _normal(shift / (spread * np.sqrt(1 / last + 1 / before)), before - 1)
    excess = last * np.exp(centre) * np.expm1(np.minimum(shift, 50.0))
    latest = values[::-1][:LAST_MOST] > centre[:, None] + OVER
    many = np.cumsum(latest, axis=1)[np.arange(len(last)), last - 1] >= MOST_OF * last
    found = (shift >= RATIO) & (z >= RARE) & (excess >= EXCESS) & many
    return int(last[found.argmax()]) if found.any() else 0


def _normal(t: FloatArray, degrees: IntArray) -> FloatArray:
    """Return the normal number that is as rare as a Student's t with these degrees of freedom."""
    size = np.sqrt(degrees * np.log1p(t**2 / degrees))
    normal: FloatArray = np.sign(t) * size * (8 * degrees + 1) / (8 * degrees + 3)
    return normal
