"""Finds a series that has stopped moving: one value repeats for longer than values usually do.

With q the share of values that equal the one before them, from a thousand values before the run,
runs of L repeats or more are expected  n q^L  times in n values; so for n = 1000

    surprise = L log(1 / q) - log(n)      at L = 16 and 64, at most 20 nats

What stands still for good is soon as usual as any other series: repeats count for q, too, though
not for the run that they are in.

Example: a thousand values that never repeat, and then one that stays.
    >>> stuck = Stuck()
    >>> sum(stuck.nats(float(place)) for place in range(1000))
    0.0
    >>> [round(stuck.nats(7.0), 1) for _ in range(17)][-2:]
    [0.0, 20.0]
"""

import math
from typing import TypeAlias

from fleetglass_detectors.cost.series.rarity import MEMORY

LENGTHS = (16, 64)
MOST = 20.0

StuckState: TypeAlias = tuple[float, int, float, float, float]


class Stuck:
    """How long the latest value has stayed the same, and how usual that is."""

    def __init__(self) -> None:
        self._last = math.nan
        self._run = 0
        self._repeats = self._all = 0.0
        self._share = 1.0

    def nats(self, value: float) -> float:
        repeats = value == self._last
        if not self._run:
            self._share = (self._repeats + 1) / (self._all + 2)
        self._run = self._run + 1 if repeats else 0
        self._last = value
        keep = 1 - 1 / MEMORY
        self._repeats = keep * self._repeats + repeats
        self._all = keep * self._all + 1
        if self._run not in LENGTHS:
            return 0.0
        return min(max(0.0, -self._run * math.log(self._share) - math.log(MEMORY)), MOST)

    def state(self) -> StuckState:
        return self._last, self._run, self._repeats, self._all, self._share

    def restore(self, state: StuckState) -> None:
        self._last, self._run, self._repeats, self._all, self._share = state
