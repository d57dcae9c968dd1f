"""Finds keys whose runs usually cost more or less than before. Each key has two charts: up, down.

Several bets are made on each mark (usual.py), and their evidence is mixed (alarms/evidence.py).
This is a CUSUM over several exponents. Large exponents find a tripled cost within a few runs, and
small ones find a slow rise of a few percent within hours. As long as nothing has changed, an alarm
at log M >= log A comes after A marks or more on average. A follows from the number of false pages
that are allowed a week (alarms/allowance.py). A shift below 10 % raises no alarm, however certain
it is. In a key's first day the limit is 50 %, because its nights are not known yet.

A key in alarm learns nothing. The alarm ends when the marks are as they were before. After a day,
or after as long as the key was known before the alarm, the new marks become the usual ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import BoolArray, Evidence, FloatArray, IntArray, mix
from fleetglass_detectors.cost.usual import DAY_NS, GAINS, IS_UP, Usual

# Below this, no change has begun. The last time that it was below is when a change began.
BEGUN = 6.0
# An alarm ends when no more than this part of a shift is left, or half of the least shift.
BACK = 0.25
ACCEPT_NS, ACCEPT_LEAST_NS = DAY_NS, DAY_NS // 24
YOUNG_SHIFT, SHIFT = float(np.log(1.5)), float(np.log(1.1))
# The weight of the last mark in the mean of the latest marks.
LATELY = 1 / 100
SURELY = 2.0
UP, DOWN = 0, 1
SIGNS = np.array([1.0, -1.0])
BETS = (np.flatnonzero(IS_UP), np.flatnonzero(~IS_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Keys whose marks have moved in one direction, by slot."""

    slots: IntArray
    score: FloatArray
    """The evidence, in thresholds."""
    shift: FloatArray
    """By how much, in the unit of the marks; below 0 is down."""
    marks: FloatArray
    """The number of marks in that mean."""
    since_ns: npt.NDArray[np.int64]


class Creep:
    """The charts of one measure.

    Args:
        slots: How many keys there is room for.
        usual: The past of each key's marks.
        least: The least shifts that raise an alarm, in a key's first day and later.
    """

    def __init__(
        self, slots: int, usual: Usual, *, least: tuple[float, float] = (YOUNG_SHIFT, SHIFT)
    ) -> None:
        self._usual = usual
        self._least = least
        self._evidence = Evidence(slots, bets=GAINS.size, form="cusum")
        # A column each for up and down.
        self._log_m = np.full((slots, 2), -np.inf)
        self._quiet_ns = np.zeros((slots, 2), np.int64)
        self._alarm_ns = np.zeros((slots, 2), np.int64)
        self._sum = np.zeros((slots, 2))
        self._count = np.zeros((slots, 2))
        self._lately = np.zeros(slots)

    def update(self, slots: IntArray, marks: FloatArray, now_ns: int) -> None:
        bins = self._usual.observe(slots, marks, now_ns)
        known = bins >= 0
        slots, bins, marks = slots[known], bins[known], marks[known]
        self._evidence.advance(slots, self._usual.log_factors(slots, bins))
        unique = np.unique(slots)
        each = self._evidence.by_bet(unique) + GAINS
        for way in (UP, DOWN):
            self._log_m[unique, way] = mix(each[:, BETS[way]])
        for numbers, amount in ((self._sum, marks), (self._count, np.ones(len(marks)))):
            np.add.at(numbers, slots, amount[:, None])
        self._follow(slots, marks, unique)
        calm = self._log_m[unique] < BEGUN
        self._quiet_ns[unique] = np.where(calm, now_ns, self._quiet_ns[unique])
        for numbers in (self._sum, self._count):
            numbers[unique] = np.where(calm, 0.0, numbers[unique])

    def moved(self, slots: IntArray, log_a: FloatArray, now_ns: int, *, up: bool) -> Moved:
        """Return which of these slots are in alarm; each has a threshold of its own."""
        way = UP if up else DOWN
        log_m, alarm_ns = self._log_m[slots, way], self._alarm_ns[:, way]
        stood = alarm_ns[slots] > 0
        mean, lately = SIGNS[way] * self._shifts(slots, way)
        starts = (log_m >= log_a) & self._matters(slots, way, now_ns)
        # Small bets come down slowly, so an alarm also ends when marks are as they were.
        lasts = lately > np.maximum(BACK * mean, self._least[1] / 2)
        stands = (stood & lasts) | (~stood & starts)
        which = slots[stands]
        self.calm(slots[stood & ~stands], now_ns)
        begins = slots[stands & ~stood]
        alarm_ns[begins] = now_ns
        # The mean of the latest marks has seen little of the change yet.
        self._lately[begins] = self._usual.typical(begins) + self._shift(begins, way)
        self._usual.discard(begins)
        return Moved(
            slots=which,
            score=np.maximum(log_m[stands] / log_a[stands], 1.0),
            shift=self._shift(which, way),
            marks=self._count[which, way],
            since_ns=self._quiet_ns[which, way],
        )

    def risen(self, slots: IntArray) -> FloatArray:
        """Return by how much marks have risen where a change has begun; 0 elsewhere."""
        begun = self._log_m[slots, UP] >= BEGUN
        return np.where(begun, np.maximum(self._shift(slots, UP), 0.0), 0.0)

    def settle(self, now_ns: int) -> None:
        """Let keys without an alarm learn, and keys whose alarm has lasted long enough."""
        self.calm(self._usual.warming(now_ns), now_ns)
        alarm_ns = self._alarm_ns[: self._usual.used].max(axis=1, initial=0)
        slots = np.flatnonzero(alarm_ns)
        known = alarm_ns[slots] - self._usual.began_ns(slots)
        lasts = np.clip(known, ACCEPT_LEAST_NS, ACCEPT_NS)
        lasting = slots[now_ns - alarm_ns[slots] >= lasts]
        self._usual.settle(now_ns, held=self._held(now_ns))
        self._usual.replace(lasting, now_ns)
        self.calm(lasting, now_ns)

    def calm(self, slots: IntArray, now_ns: int) -> None:
        """Forget the evidence, not the past."""
        self._evidence.reset(slots)
        self._log_m[slots] = -np.inf
        self._alarm_ns[slots] = 0
        self._quiet_ns[slots] = now_ns
        self._sum[slots] = self._count[slots] = 0.0

    def reset(self, slots: IntArray) -> None:
        self._usual.reset(slots)
        self._lately[slots] = 0.0
        self.calm(slots, 0)

    def state(self, used: int) -> dict[str, Any]:
        arrays = {name: getattr(self, name)[:used].tobytes() for name in ARRAYS}
        evidence = self._evidence.state()["log_m"][:used].tobytes()
        return {**arrays, "evidence": evidence, "usual": self._usual.state(used)}

    def restore(self, state: Mapping[str, Any], used: int) -> None:
        for name in ARRAYS:
            held: npt.NDArray[Any] = getattr(self, name)
            held[:used] = np.frombuffer(state[name], held.dtype).reshape(used, *held.shape[1:])
        log_m = self._evidence.state()["log_m"]
        log_m[:used] = np.frombuffer(state["evidence"]).reshape(used, log_m.shape[1])
        self._evidence.restore({"log_m": log_m})
        self._usual.restore(state["usual"], used)

    def _follow(self, slots: IntArray, marks: FloatArray, unique: IntArray) -> None:
        """Move the mean of the latest marks towards the mean of the new ones, by their number."""
        place = np.searchsorted(unique, slots)
        count = np.bincount(place, minlength=len(unique))
        mean = np.bincount(place, marks, len(unique)) / np.maximum(count, 1)
        before = np.where(self._lately[unique] == 0, mean, self._lately[unique])
        self._lately[unique] = mean + (before - mean) * (1 - LATELY) ** count

    def _matters(self, slots: IntArray, way: int, now_ns: int) -> BoolArray:
        young = now_ns - self._usual.began_ns(slots) < DAY_NS
        least: FloatArray = np.where(young, *self._least)
        mean, lately = SIGNS[way] * self._shifts(slots, way)
        # A few marks may be far off by chance. A shift on top of a small shift is real.
        far: BoolArray = (mean >= least) | (lately >= SURELY * least)
        return far & ~self._usual.is_warming(slots, now_ns)

    def _held(self, now_ns: int) -> BoolArray:
        used = slice(self._usual.used)
        held: BoolArray = self._alarm_ns[used].max(axis=1, initial=0) > 0
        for way in (UP, DOWN):
            # Marks that may be the beginning of a change teach nothing either.
            begun = np.flatnonzero(self._log_m[used, way] >= BEGUN)
            held[begun[self._matters(begun, way, now_ns)]] = True
        return held

    def _shift(self, slots: IntArray, way: int) -> FloatArray:
        """Return how far marks are from the usual ones."""
        shift: FloatArray = SIGNS[way] * (SIGNS[way] * self._shifts(slots, way)).max(axis=0)
        return shift

    def _shifts(self, slots: IntArray, way: int) -> FloatArray:
        """Return the same since the change began, and for the latest marks; 0 if none began."""
        count = self._count[slots, way]
        mean = self._sum[slots, way] / np.maximum(count, 1.0)
        either = np.stack([mean, self._lately[slots]]) - self._usual.typical(slots)
        shifts: FloatArray = np.where(count > 0, either, 0.0)
        return shifts


ARRAYS = ("_log_m", "_quiet_ns", "_alarm_ns", "_sum", "_count", "_lately")
