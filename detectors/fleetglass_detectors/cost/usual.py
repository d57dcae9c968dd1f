"""The past of each key's marks: a histogram, in units of the key's own.

A mark is a number a run, such as the logarithm of what it cost. From a key's first marks follow
its centre (the median) and its unit (1.4826 MAD, not below `floor`); from then on a mark is the bin
that it falls into, and all that is asked of the past is a product with a constant matrix:

    z_b           the place of bin b in units, from -41 to 41, the closer the finer
    psi(theta)    log sum_b p_b exp(theta z_b) + margin: exp(theta z - psi) is at most 1 on average
                  as long as nothing has changed, and so a bet (alarms/evidence.py)
    margin        2 standard errors of psi, and never less than a shift by `least` would make: what
                  is as small as that is nobody's trouble, and what is not known yet is no news
    highest       one more bet, that the marks above the 98 % quantile come four times as often:
                  when some of the runs have changed
    tail(p)       the level that is exceeded with probability p: peaks over a threshold u, the
                  excesses by a generalised Pareto distribution fitted by moments (Siffer's SPOT)

New marks are staged, and become part of the past when as many have come as there were, or a day
is over; not while the key is held, because what is flagged teaches nothing. The past fades: 4,000
marks are remembered, older ones less and less. 430 bytes a key.

Reference:
    Siffer, Fouque, Termier, Largouet: Anomaly detection in streams with extreme value theory.
    Hosking, Wallis: Parameter and quantile estimation for the generalized Pareto distribution.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import BoolArray, FloatArray, IntArray

BINS, BEND, WIDTH = 48, 1.5, 1 / 6
# Narrow bins where most marks are, wide ones far out: asinh(z / BEND) is in bins of one width.
EDGES: FloatArray = BEND * np.sinh((np.arange(BINS + 1) - BINS / 2) * WIDTH)
PLACES: FloatArray = (EDGES[1:] + EDGES[:-1]) / 2
# How much marks vary within a bin, if they lie anywhere in it.
WITHIN: FloatArray = np.diff(EDGES) ** 2 / 12
# A single mark far out is no evidence of a change, so marks are clipped.
CLIPPED: FloatArray = np.clip(PLACES, -3.0, 3.0)
THETAS: FloatArray = np.array([0.1, 0.25, 0.6, 1.2, -0.1, -0.25, -0.6])
FACTORS: FloatArray = CLIPPED[:, None] * THETAS  # (bins, bets)
GROWTH: FloatArray = np.exp(FACTORS)
# One more bet, for when only some runs change: the highest marks come four times as often.
HIGHEST, OFTEN = 0.02, np.log(4.0)
# By how much alarms of a bet are rarer than their bound, for normal marks and likelihood ratios.
GAINS: FloatArray = np.append(np.log(2 / THETAS**2) + 1.166 * np.abs(THETAS), 2.5)
IS_UP: BoolArray = np.append(THETAS > 0, True)

FIRST = 40
"""The number of marks from which a key's centre is estimated."""
WARM_MARKS, WARM_NS = 100.0, 900_000_000_000
"""Until then a key warms up: it learns from every mark."""
FINAL = 200.0
"""At this number of marks the centre is estimated once more."""
REMEMBERED = 4_000.0
DAY_NS = 86_400_000_000_000
TAIL_SHARE, TAIL_LEAST, TAIL_FROM = 0.04, 20.0, 100.0
# The shape of a tail is a guess if there are few excesses, and a heavier tail is safer. It is kept
# between two bounds: costs have no fixed end, and no endless mean.
SHAPE_DOUBT, SHAPE_LEAST, SHAPE_MOST = 0.7, -0.25, 0.5


class Usual:
    """The past of many keys, by slot.

    Args:
        slots: How many keys there is room for.
        floor: The least unit. Smaller differences do not count.
        least: The least shift of a mark that matters.
    """

    bytes_per_key = BINS * (4 + 4) + 6 * 8

    def __init__(self, slots: int, *, floor: float, least: float) -> None:
        self._floor, self._least = floor, least
        self._first: dict[int, list[float]] = {}
        # Slots are used in order; the ones beyond were never used.
        self.used = 0
        self.centre = np.full(slots, np.nan)
        self.unit = np.full(slots, np.nan)
        self._past = np.zeros((slots, BINS), np.float32)
        self._staged = np.zeros((slots, BINS), np.float32)
        self._merged_ns = np.zeros(slots, np.int64)
        self._began_ns = np.zeros(slots, np.int64)
        self._seen = np.zeros(slots)
        self._is_final = np.zeros(slots, np.bool_)

    def observe(self, slots: IntArray, marks: FloatArray, now_ns: int) -> IntArray:
        """Learn from marks; return the bin of each, -1 while the key's centre is not known."""
        bins = self.bins(slots, marks)
        known = bins >= 0
        self.used = max(self.used, int(slots.max(initial=-1)) + 1)
        np.add.at(self._staged, (slots[known], bins[known]), 1.0)
        np.add.at(self._seen, slots, 1.0)
        starting = slots[self._began_ns[slots] == 0]
        self._began_ns[starting] = self._merged_ns[starting] = now_ns
        for slot, mark in zip(slots[~known].tolist(), marks[~known].tolist(), strict=True):
            self._begin(slot, mark)
        return bins

    def bins(self, slots: IntArray, marks: FloatArray) -> IntArray:
        z = np.arcsinh(self.standard(slots, marks) / BEND) / WIDTH + BINS / 2
        known = np.isfinite(z)
        bins = np.clip(np.where(known, z, 0.0), 0, BINS - 1).astype(np.int64)
        return np.where(known, bins, np.int64(-1))

    def standard(self, slots: IntArray, marks: FloatArray) -> FloatArray:
        """Return marks as units from the centre; NaN while the centre is not known."""
        standard: FloatArray = (marks - self.centre[slots]) / self.unit[slots]
        return standard

    def settle(self, now_ns: int, *, held: BoolArray) -> IntArray:
        """Add the staged marks to the past where it is time; return the slots where that was so."""
        used = slice(self.used)
        count, past = self._staged[used].sum(axis=1), self._past[used].sum(axis=1)
        # A past of less than a day grows as soon as it would double.
        young = now_ns - self._began_ns[used] < DAY_NS
        due = (count > 0) & np.where(young, count >= past, now_ns - self._merged_ns[used] >= DAY_NS)
        which = np.flatnonzero(due & ~held[used])
        self.accept(which, now_ns)
        return which

    def accept(self, slots: IntArray, now_ns: int) -> None:
        """Make the staged marks a part of the past."""
        past = self._past[slots] + self._staged[slots]
        total = past.sum(axis=1, keepdims=True)
        self._past[slots] = past * np.minimum(1.0, REMEMBERED / np.maximum(total, 1.0))
        self._staged[slots] = 0.0
        self._merged_ns[slots] = now_ns
        known = (total[:, 0] >= FINAL) & ~self._is_final[slots]
        for slot in slots[known].tolist():
            self._centre_again(slot)

    def replace(self, slots: IntArray, now_ns: int) -> None:
        """Forget the past. Only the staged marks are usual from now on."""
        self._past[slots] = 0.0
        self.accept(slots, now_ns)

    def discard(self, slots: IntArray) -> None:
        """Drop the staged marks."""
        self._staged[slots] = 0.0

    def reset(self, slots: IntArray) -> None:
        """Begin anew, for another key or another price."""
        for slot in slots.tolist():
            self._first.pop(slot, None)
        for name in ARRAYS[2:]:
            getattr(self, name)[slots] = 0
        self.centre[slots] = self.unit[slots] = np.nan

    def log_factors(self, slots: IntArray, bins: IntArray) -> FloatArray:
        """Return the gain of each bet on these marks: (marks, bets); NaN while nothing is known."""
        unique, place = np.unique(slots, return_inverse=True)
        moved = FACTORS[bins] - self._psi(unique)[place]
        highest, price = self._highest(unique)
        often = np.where(bins >= highest[place], OFTEN, 0.0) - price[place]
        factors: FloatArray = np.column_stack([moved, often])
        factors[bins < 0] = np.nan
        return factors

    def tail(self, slots: IntArray, exceeded: FloatArray) -> FloatArray:
        """Return the mark that is exceeded with this probability; infinite with too little past."""
        past = self._past[slots].astype(np.float64)
        total = past.sum(axis=1)
        above = np.cumsum(past[:, ::-1], axis=1)[:, ::-1]  # marks in bin b and above
        wanted = np.maximum(TAIL_LEAST, TAIL_SHARE * total)
        first = np.maximum((above >= wanted[:, None]).sum(axis=1) - 1, 0)
        threshold = EDGES[first]
        weights = np.where(np.arange(BINS) >= first[:, None], past, 0.0)
        count = np.maximum(weights.sum(axis=1), 1.0)
        excess = PLACES - threshold[:, None]
        mean = (weights * excess).sum(axis=1) / count
        square = (weights * (excess**2 + WITHIN)).sum(axis=1) / count
        level = threshold + _pareto(mean, square - mean**2, count, exceeded * total / count)
        known = total >= TAIL_FROM
        marks: FloatArray = self.centre[slots] + level * self.unit[slots]
        return np.where(known, marks, np.inf)

    def highest(self, slots: IntArray) -> FloatArray:
        """Return a bound that no mark of the past has passed."""
        top = BINS - (self._past[slots] > 0)[:, ::-1].argmax(axis=1)
        highest: FloatArray = self.centre[slots] + EDGES[top] * self.unit[slots]
        return highest

    def typical(self, slots: IntArray) -> FloatArray:
        """Return the mean of the past, with marks clipped as for the bets."""
        past = self._past[slots]
        mean: FloatArray = past @ CLIPPED / np.maximum(past.sum(axis=1), 1.0)
        typical: FloatArray = self.centre[slots] + mean * self.unit[slots]
        return typical

    def is_warming(self, slots: IntArray, now_ns: int) -> BoolArray:
        """Return whether too little is known of a key to report anything."""
        young = now_ns - self._began_ns[slots] < WARM_NS
        warming: BoolArray = young | (self._past[slots].sum(axis=1) < WARM_MARKS)
        return warming

    def warming(self, now_ns: int) -> IntArray:
        """Return the keys in use that are warming up."""
        used = slice(self.used)
        slots = np.flatnonzero((self._began_ns[used] > 0) & ~self._is_final[used])
        return slots[self.is_warming(slots, now_ns)]

    def began_ns(self, slots: IntArray) -> npt.NDArray[np.int64]:
        """Return when the first mark came."""
        began: npt.NDArray[np.int64] = self._began_ns[slots]
        return began

    def rate(self, slots: IntArray, now_ns: int) -> FloatArray:
        """Return the number of marks a day."""
        days = np.maximum((now_ns - self._began_ns[slots]) / DAY_NS, 1 / 24)
        return np.maximum(self._seen[slots], 1.0) / days

    def known(self, slots: IntArray) -> FloatArray:
        """Return the number of marks in the past."""
        count: FloatArray = self._past[slots].sum(axis=1).astype(np.float64)
        return count

    def state(self, used: int) -> dict[str, Any]:
        arrays = {name: getattr(self, name)[:used].tobytes() for name in ARRAYS}
        return {**arrays, "first": {slot: [*marks] for slot, marks in self._first.items()}}

    def restore(self, state: Mapping[str, Any], used: int) -> None:
        for name in ARRAYS:
            held: npt.NDArray[Any] = getattr(self, name)
            held[:used] = np.frombuffer(state[name], held.dtype).reshape(used, *held.shape[1:])
        self.used = max(self.used, used)
        first = cast(Mapping[int, Sequence[float]], state["first"])
        self._first = {slot: [*marks] for slot, marks in first.items()}

    def _begin(self, slot: int, mark: float) -> None:
        if not np.isfinite(mark):
            return
        first = self._first.setdefault(slot, [])
        first.append(mark)
        if len(first) < FIRST:
            return
        marks = np.array(self._first.pop(slot))
        centre = float(np.median(marks))
        spread = 1.4826 * float(np.median(np.abs(marks - centre)))
        self.centre[slot], self.unit[slot] = centre, max(spread, self._floor)
        where = np.full(FIRST, slot)
        np.add.at(self._past, (where, self.bins(where, marks)), 1.0)

    def _centre_again(self, slot: int) -> None:
        """Estimate the centre from all marks: the first few may have been of one kind."""
        past = self._past[slot].astype(np.float64)
        marks = self.centre[slot] + PLACES * self.unit[slot]
        centre = _median(marks, past)
        spread = 1.4826 * _median(np.abs(marks - centre), past)
        # If all marks are in one bin, the unit stays as it was.
        self.unit[slot] = max(spread, self._floor) if spread else self.unit[slot]
        self.centre[slot] = centre
        self._past[slot] = 0.0
        np.add.at(self._past[slot], self.bins(np.full(BINS, slot), marks), past)
        self._is_final[slot] = True

    def _psi(self, slots: IntArray) -> FloatArray:
        past = self._past[slots].astype(np.float64)
        count = np.maximum(past.sum(axis=1, keepdims=True), 1.0)
        shares = past / count
        mean = shares @ GROWTH
        error = np.sqrt(np.maximum(shares @ GROWTH**2 - mean**2, 0.0) / count) / mean
        least = np.abs(THETAS) * self._least / self.unit[slots, None]
        psi: FloatArray = np.log(np.maximum(mean, 1e-12)) + np.maximum(2.0 * error, least)
        return psi

    def _highest(self, slots: IntArray) -> tuple[IntArray, FloatArray]:
        """Return the bin where the highest marks begin, and the price of the bet on them."""
        past = self._past[slots].astype(np.float64)
        count = np.maximum(past.sum(axis=1), 1.0)
        above = np.cumsum(past[:, ::-1], axis=1)[:, ::-1]
        first = (above > HIGHEST * count[:, None]).sum(axis=1)
        share = np.append(above, np.zeros((len(slots), 1)), axis=1)[np.arange(len(slots)), first]
        share = (share + 0.5) / (count + 1.0)
        share = share + 2.0 * np.sqrt(share / count)
        return first, np.log1p(share * np.expm1(OFTEN))


ARRAYS = (
    "centre",
    "unit",
    "_past",
    "_staged",
    "_merged_ns",
    "_began_ns",
    "_seen",
    "_is_final",
)


def _median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) >= weights.sum() / 2
    return float(values[order][int(reached.argmax())])


def _pareto(
    mean: FloatArray, variance: FloatArray, count: FloatArray, left: FloatArray
) -> FloatArray:
    """Return the excess that is exceeded with the probability `left`, from the moments."""
    ratio = mean**2 / np.maximum(variance, 1e-9)
    shape = np.clip(0.5 * (1.0 - ratio) + SHAPE_DOUBT / np.sqrt(count), SHAPE_LEAST, SHAPE_MOST)
    scale = mean * (1.0 - shape)
    shape = np.where(np.abs(shape) < 1e-4, 1e-4, shape)
    excess: FloatArray = scale / shape * (np.clip(left, 1e-12, 1.0) ** -shape - 1.0)
    return excess
