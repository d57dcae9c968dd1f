"""How the Numenta Anomaly Benchmark scores: the rules of its harness, over arrays.

With x = 1 at the first value of a labelled window and falling to 0 just past its last, and sigma(x)
= 2 / (1 + exp(-5 x)) - 1, what is flagged counts, from a threshold on,

    in a window, the earliest only      hit sigma(x) / sigma(1)
    a window in which nothing is        -miss
    elsewhere, each value               false_alarm sigma(-d)

where d is the distance from the end of the last window in lengths of that window; from 3 on, and
before any window, it is -false_alarm. The first 15 % of each series, 750 values at most, do not
count. The sum is put on a scale on which flagging nothing is 0, and flagging the first value of
each window only is 100. One threshold holds for all series; the harness takes the one with the
best score.

Reference:
    Lavin, Ahmad: Evaluating real-time anomaly detection algorithms, and the sources of numenta/NAB.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
Window: TypeAlias = tuple[int, int]
"""The places of its first and of its last value."""

STEEPNESS = 5.0
FAR = 3.0
NOTHING = 1.1
"""A threshold that no score reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is worth how much."""

    hit: float
    miss: float
    false_alarm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """The scores of one series, and where people see anomalies in it."""

    scores: FloatArray
    windows: Sequence[Window]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """The score of the benchmark by threshold."""

    thresholds: FloatArray
    """Falling, each of them once."""
    scores: FloatArray

    def best(self) -> tuple[float, float]:
        """The best threshold, and its score; to flag nothing may be best."""
        if not self.scores.size or self.scores.max() <= 0:
            return NOTHING, 0.0
        place = int(self.scores.argmax())
        return float(self.thresholds[place]), float(self.scores[place])

    def at(self, threshold: float) -> float:
        flagged = int(np.count_nonzero(self.thresholds >= threshold))
        return float(self.scores[flagged - 1]) if flagged else 0.0


def probation(count: int) -> int:
    """How many of so many values do not count."""
    return math.ceil(min(math.floor(0.15 * count), 0.15 * 5000))


def curve(series: Sequence[Scored], profile: Profile) -> Curve:
    """The score of all series together, at each threshold that makes a difference."""
    steps = [step for each in series for step in _gains(each, profile)]
    windows = sum(len(_counted(each)) for each in series)
    if not steps or not windows:
        return Curve(thresholds=np.zeros(0), scores=np.zeros(0))
    scores, gains = (np.concatenate(column) for column in zip(*steps, strict=True))
    order = np.argsort(-scores, kind="stable")
    scores, total = scores[order], np.cumsum(gains[order])
    last = np.append(scores[1:] != scores[:-1], True)  # of those that are equal
    full = windows * (profile.hit + profile.miss)
    return Curve(thresholds=scores[last], scores=100 * total[last] / full)


def counts(series: Sequence[Scored], threshold: float) -> tuple[int, int, int]:
    """Windows in which something is flagged, windows, and values flagged outside of any."""
    hit = windows = false = 0
    for each in series:
        flagged = each.scores >= threshold
        flagged[: probation(len(flagged))] = False
        inside = np.zeros(len(flagged), bool)
        for first, last in _counted(each):
            windows += 1
            hit += bool(flagged[first : last + 1].any())
            inside[first : last + 1] = True
        false += int(np.count_nonzero(flagged & ~inside))
    return hit, windows, false


def worth(count: int, windows: Sequence[Window]) -> tuple[IntArray, FloatArray]:
    """For each of so many values the window that it is in, or -1, and what flagging it is worth."""
    place = np.arange(count)
    which, value = np.full(count, -1), np.full(count, -1.0)
    for number, (first, last) in enumerate(windows):
        length = last - first + 1
        inside = slice(first, last + 1)
        which[inside] = number
        value[inside] = _sigma((last - place[inside] + 1) / length) / float(_sigma(np.ones(1))[0])
        end = windows[number + 1][0] if number + 1 < len(windows) else count
        behind = (place[last + 1 : end] - last) / max(length - 1, 1)
        value[last + 1 : end] = np.where(behind >= FAR, -1.0, _sigma(-np.minimum(behind, FAR)))
    return which, value


def _sigma(x: FloatArray) -> FloatArray:
    sigma: FloatArray = 2 / (1 + np.exp(-STEEPNESS * x)) - 1
    return sigma


def _counted(series: Scored) -> list[Window]:
    """The windows that do not end within the probation."""
    return [window for window in series.windows if window[1] >= probation(len(series.scores))]


def _gains(series: Scored, profile: Profile) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Scores, and what is gained once the threshold is as low as that."""
    which, value = worth(len(series.scores), series.windows)
    scored = np.arange(len(which)) >= probation(len(which))
    outside = scored & (which < 0)
    yield series.scores[outside], profile.false_alarm * value[outside]
    for number in range(len(series.windows)):
        inside = scored & (which == number)
        if not inside.any():
            continue
        order = np.argsort(-series.scores[inside], kind="stable")
        best = np.maximum.accumulate(profile.hit * value[inside][order])
        yield series.scores[inside][order], np.diff(best, prepend=-profile.miss)
