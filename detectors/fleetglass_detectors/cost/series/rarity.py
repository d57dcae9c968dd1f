"""Measures how surprising something new is: the rarer new things were, the more surprising.

    p = (a + 1) / (n + 2),    a <- g a + 1 if new,  n <- g n + 1,    g = 1 - 1 / memory
    surprise = -log p nats if new, else 0

A series that brings something new every day surprises nobody with it; one in which nothing was new
for weeks does. The memory bounds the surprise at log(memory + 2).

Example: one new thing, after a thousand that were not, and another at once.
    >>> rarity = Rarity()
    >>> [rarity.nats(False) for _ in range(1000)].count(0.0)
    1000
    >>> round(rarity.nats(True), 2), round(rarity.nats(True), 2)
    (6.45, 5.76)
"""

import math

MEMORY = 1000


class Rarity:
    """How often something was new recently."""

    def __init__(self) -> None:
        self._new = self._all = 0.0

    def nats(self, new: bool) -> float:
        surprise = math.log((self._all + 2) / (self._new + 1)) if new else 0.0
        keep = 1 - 1 / MEMORY
        self._new = keep * self._new + new
        self._all = keep * self._all + 1
        return surprise

    def quiet(self, count: int) -> None:
        """Count this many values with nothing new."""
        self._all = MEMORY * (1 - (1 - 1 / MEMORY) ** count)

    def state(self) -> tuple[float, float]:
        return self._new, self._all

    def restore(self, state: tuple[float, float]) -> None:
        self._new, self._all = state
