"""Has what a key's runs usually cost moved, however little? Two charts a key: up, and down.

Bets are made on each mark (usual.py) and their evidence is mixed (alarms/evidence.py): a CUSUM over
exponents, of which large ones see a tripled cost within a few runs and small ones a creep of a few
percent within hours. An alarm at log M >= log A comes after A marks or more on average as long as
nothing has changed; what A must be follows from how many false pages a week are allowed
(alarms/allowance.py). However sure, a shift is no news below 10 %, and in a key's first day, when
its nights are not known yet, below 50 %.

A key in alarm learns nothing. It is over when marks are what they were; and when the alarm has
lasted for a day, or for as long as the key was known before, what was seen in it is what is usual
from then on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import BoolArray, Evidence, FloatArray, IntArray, mix
from fleetglass_detectors.cost.usual import DAY_NS, GAINS, IS_UP, Usual

# Below this nothing has begun: the last time that it was so is when a change began.
BEGUN = 6.0
# It is over when of a shift no more than this is left, or no more than half of what is news.
BACK = 0.25
ACCEPT_NS, ACCEPT_LEAST_NS = DAY_NS, DAY_NS // 24
YOUNG_SHIFT, SHIFT = float(np.log(1.5)), float(np.log(1.1))
# How much the last mark counts in what marks are lately.
LATELY = 1 / 100
SURELY = 2.0
UP, DOWN = 0, 1
SIGNS = np.array([1.0, -1.0])
BETS = (np.flatnonzero(IS_UP), np.flatnonzero(~IS_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Keys whose marks have moved one way, by slot."""

    slots: IntArray
    score: FloatArray
    """The evidence, in thresholds."""
    shift: FloatArray
    """By how much, in the marks' own measure; below 0 is down."""
    marks: FloatArray
    """Of how many marks that is the mean."""
    since_ns: npt.NDArray[np.int64]


class Creep:
    """The charts of one measure.

    Args:
        slots: How many keys there is room for.
        usual: What the marks of each usually are.
        least: The least shifts that are news, in a key's first day and later.
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
        """Those of these slots that are in alarm, at thresholds of their own."""
        way = UP if up else DOWN
        log_m, alarm_ns = self._log_m[slots, way], self._alarm_ns[:, way]
        stood = alarm_ns[slots] > 0
        mean, lately = SIGNS[way] * self._shifts(slots, way)
        starts = (log_m >= log_a) & self._matters(slots, way, now_ns)
        # Small bets come down slowly; where marks are what they were, it is over.
        lasts = lately > np.maximum(BACK * mean, self._least[1] / 2)
        stands = (stood & lasts) | (~stood & starts)
        which = slots[stands]
        self.calm(slots[stood & ~stands], now_ns)
        begins = slots[stands & ~stood]
        alarm_ns[begins] = now_ns
        # What marks are lately has seen little of it yet.
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
        """By how much marks have risen where a change has begun; 0 elsewhere."""
        begun = self._log_m[slots, UP] >= BEGUN
        return np.where(begun, np.maximum(self._shift(slots, UP), 0.0), 0.0)

    def settle(self, now_ns: int) -> None:
        """Let keys learn that are in no alarm, and those whose alarm has become usual."""
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
        """Move what marks are lately towards the mean of those that came, by their number."""
        place = np.searchsorted(unique, slots)
        count = np.bincount(place, minlength=len(unique))
        mean = np.bincount(place, marks, len(unique)) / np.maximum(count, 1)
        before = np.where(self._lately[unique] == 0, mean, self._lately[unique])
        self._lately[unique] = mean + (before - mean) * (1 - LATELY) ** count

    def _matters(self, slots: IntArray, way: int, now_ns: int) -> BoolArray:
        young = now_ns - self._usual.began_ns(slots) < DAY_NS
        least: FloatArray = np.where(young, *self._least)
        mean, lately = SIGNS[way] * self._shifts(slots, way)
        # Few marks are far off now and then; a shift that came on top of a small one is not.
        far: BoolArray = (mean >= least) | (lately >= SURELY * least)
        return far & ~self._usual.is_warming(slots, now_ns)

    def _held(self, now_ns: int) -> BoolArray:
        used = slice(self._usual.used)
        held: BoolArray = self._alarm_ns[used].max(axis=1, initial=0) > 0
        for way in (UP, DOWN):
            # What may be the beginning of a change is not learnt from either.
            begun = np.flatnonzero(self._log_m[used, way] >= BEGUN)
            held[begun[self._matters(begun, way, now_ns)]] = True
        return held

    def _shift(self, slots: IntArray, way: int) -> FloatArray:
        """How far marks are from what they were."""
        shift: FloatArray = SIGNS[way] * (SIGNS[way] * self._shifts(slots, way)).max(axis=0)
        return shift

    def _shifts(self, slots: IntArray, way: int) -> FloatArray:
        """The same since the change began, and lately; 0 where nothing has begun."""
        count = self._count[slots, way]
        mean = self._sum[slots, way] / np.maximum(count, 1.0)
        either = np.stack([mean, self._lately[slots]]) - self._usual.typical(slots)
        shifts: FloatArray = np.where(count > 0, either, 0.0)
        return shifts


ARRAYS = ("_log_m", "_quiet_ns", "_alarm_ns", "_sum", "_count", "_lately")
