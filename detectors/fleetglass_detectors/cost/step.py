"""Finds a step up in what runs cost while little is known of an agent.

The charts (creep.py) need a hundred runs and a quarter of an hour. Until then one plain rule holds,
which assumes nothing of how costs are spread. An agent takes about a kilobyte.

    each of the last runs cost more than every run before them,
    and their median is at least five times the median before

If nothing has changed, all orders of the runs are equally likely, so that happens once in
C(n, last) times; it counts from a hundred thousand on. Six runs after twenty are enough.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from statistics import median
from typing import Any

import numpy as np

from fleetglass_detectors.alarms.evidence import BoolArray, FloatArray, IntArray

REMEMBERED = 64
BEFORE_LEAST, LAST_LEAST, LAST_MOST = 12, 6, 16
ODDS = 100_000
RATIO = np.log(5.0)
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
    """The median of the marks before it."""
    last: list[float]
    """The latest marks."""
    count: int

    @property
    def shift(self) -> float:
        return median(self.last) - self.before


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
        if last := last_above(marks):
            values = marks.tolist()
            self._risen[slot] = Risen(times[-last], median(values[:-last]), values[-last:], last)
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


def last_above(marks: Sequence[float]) -> int:
    """Return how many of the last marks are a step up from all before; 0 if they are none."""
    # Nearly every mark ends here: it is not above those that are certain to lie before a step.
    certain = marks[: max(BEFORE_LEAST, len(marks) - LAST_MOST)]
    if len(marks) < BEFORE_LEAST + LAST_LEAST or marks[-1] <= max(certain):
        return 0
    for last in range(LAST_LEAST, min(LAST_MOST, len(marks) - BEFORE_LEAST) + 1):
        before, after = marks[:-last], marks[-last:]
        if min(after) <= max(before):
            continue
        centre = median(before)
        excess = sum(np.exp(mark) for mark in after) - last * np.exp(centre)
        if comb(len(marks), last) >= ODDS and median(after) - centre >= RATIO and excess >= EXCESS:
            return last
    return 0
