"""Compares the distribution of the last values with all distributions seen before.

The last w values are counted in 8 bins. With p their shares, and q_j those of a distribution seen
before, smoothed by half a count a bin,

    G_j = 2 w sum_b p_b log(p_b / q_j,b)

is about chi-squared with 7 degrees of freedom if the values come from that distribution. The
window is news if G_j is above the 95 % quantile for every j, and is then remembered, too. 64 are
remembered; the one that was met least goes first.

Example: a window of zeros and ones, then one of fives.
    >>> shapes = Shapes(16)
    >>> [shapes.add(place % 2) for place in range(40)].count(True)
    0
    >>> [shapes.add(5) for _ in range(16)].index(True)
    3

Reference:
    Wang, Viswanathan, Choudur, Talwar, Satterfield, Schwan: Statistical techniques for online
    anomaly detection in data centers, where windows are tested against several hypotheses.
"""

from collections import deque
from typing import TypeAlias

import numpy as np

from fleetglass_detectors.cost.series.ladder import Origins

BINS = 8
UNLIKELY = 14.07
"""The 95 % quantile of chi-squared with 7 degrees of freedom."""
MOST = 64
SMOOTHING = 0.5

ShapesState: TypeAlias = tuple[list[int], list[list[int]], list[int], int]


class Shapes:
    """The distributions of windows of one length.

    Args:
        window: How many values a window has.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._last: deque[int] = deque(maxlen=window)
        self._counts = np.zeros(BINS)
        self._known: list[list[int]] = []
        self._met: list[int] = []
        self._logs = np.zeros((0, BINS))  # (known, bins)
        self._latest = 0

    def add(self, place: int) -> bool:
        """Return whether the window that ends with this bin is unlike all earlier ones."""
        gone = self._last[0] if len(self._last) == self._window else None
        self._last.append(place)
        if gone == place and self._known:
            self._met[self._latest] += 1
            return False
        if gone is not None:
            self._counts[gone] -= 1
        self._counts[place] += 1
        return len(self._last) == self._window and self._look()

    def _look(self) -> bool:
        if not self._known:
            self._remember()
            return False
        shares = self._counts / self._window
        own = float(shares @ np.log(np.maximum(shares, 1e-9)))
        likes = self._logs @ shares
        best = int(likes.argmax())
        if 2 * self._window * (own - float(likes[best])) >= UNLIKELY:
            self._remember()
            return True
        self._latest = best
        self._met[best] += 1
        return False

    def _remember(self) -> None:
        if len(self._known) == MOST:
            least = self._met.index(min(self._met))
            del self._known[least], self._met[least]
        self._known.append([int(count) for count in self._counts])
        self._met.append(1)
        self._latest = len(self._known) - 1
        self._weigh()

    def _weigh(self) -> None:
        counts = np.array(self._known, np.float64).reshape(-1, BINS)
        self._logs = np.log((counts + SMOOTHING) / (self._window + SMOOTHING * BINS))

    def merge(self, places: Origins) -> None:
        """Follow a ladder that doubled."""
        self._known = [[sum(row[old] for old in olds) for olds in places] for row in self._known]
        target = {old: new for new, olds in enumerate(places) for old in olds}
        self._last = deque((target[old] for old in self._last), maxlen=self._window)
        self._count()
        self._weigh()

    def forget(self) -> None:
        """Begin anew, because counts that were added up cannot be separated again."""
        self._last.clear()
        self._known, self._met = [], []
        self._count()
        self._weigh()

    def _count(self) -> None:
        self._counts = np.bincount(np.array(self._last, np.int64), minlength=BINS).astype(float)

    def state(self) -> ShapesState:
        known = [row.copy() for row in self._known]
        return list(self._last), known, self._met.copy(), self._latest

    def restore(self, state: ShapesState) -> None:
        last, known, met, self._latest = state
        self._last = deque(last, maxlen=self._window)
        self._known, self._met = [row.copy() for row in known], met.copy()
        self._count()
        self._weigh()
