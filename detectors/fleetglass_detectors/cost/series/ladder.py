"""Puts numbers into 16 equal bins, although their range is not known in advance.

    bin = floor(16 (x - low) / width), held between 0 and 15

The range doubles when a number lies outside of it, towards that side and once a number, so that
two old bins become one; one absurd number therefore costs one bit of resolution at most. It halves
again when for a long time only a small part of it was used; each old bin then becomes two. Both
are told as a move: the old bins that each new bin was made of, by which those who remember bins
can follow exactly.

Example: a range from 0 to 1, and then a 1.5.
    >>> ladder = Ladder(low=0.0, width=1.0)
    >>> ladder.bin(0.5)
    8
    >>> move = ladder.grow(1.5)
    >>> ladder.bin(1.5), ladder.bin(0.5), origins(move, 16)[4]
    (12, 4, [8, 9])
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

BINS = 16
SLACK = 1e-6
"""In bins. A constant value must not move across an edge by rounding."""
ROOMY = 3 / 8
"""The share of a range that must be enough for all that was used, before it is halved."""

Origins: TypeAlias = list[list[int]]
"""For each new bin the old ones that are in it."""


LadderState: TypeAlias = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Move:
    """Doubled if `first` is None; else halved, to the eight bins from `first` on."""

    down: bool = False
    first: int | None = None


def origins(move: Move, bins: int) -> Origins:
    """Return the move for a count in this many bins, 16 or a lower power of two."""
    if move.first is not None:
        start = move.first * bins // BINS
        return [[start + new // 2] for new in range(bins)]
    shift = bins if move.down else 0
    both = ((2 * new - shift, 2 * new + 1 - shift) for new in range(bins))
    return [[old for old in pair if 0 <= old < bins] for pair in both]


class Ladder:
    """A range, and how much of it was used since the last `turn`.

    Args:
        low: Where it begins.
        width: How wide it is at first, and no less than `finest` ever.
        finest: The width below which it does not get.
    """

    def __init__(self, *, low: float, width: float, finest: float = 0.0) -> None:
        self.low, self.width, self._finest = low, width, finest
        self._least, self._most = math.inf, -math.inf

    def bin(self, number: float) -> int:
        return min(max(int(self._place(number)), 0), BINS - 1)

    def _place(self, number: float) -> float:
        return (number - self.low) / self.width * BINS + SLACK

    def grow(self, number: float) -> Move | None:
        """Widen the range if a number needs it, and note the number's bin."""
        self._least, self._most = min(self._least, number), max(self._most, number)
        above = self._place(number) > BINS + 2 * SLACK
        if not above and self._place(number) >= 0:
            return None
        if not above:
            self.low -= self.width
        self.width *= 2
        return Move(down=not above)

    def turn(self) -> list[Move]:
        """Halve the range as often as the used part allows, and begin to note anew."""
        moves: list[Move] = []
        while self._most - self._least <= self.width * ROOMY and self.width >= 2 * self._finest:
            first = min(self.bin(self._least) // 2 * 2, BINS // 2)  # even: coarser bins move, too
            self.low += self.width * first / BINS
            self.width /= 2
            moves.append(Move(first=first))
        self._least, self._most = math.inf, -math.inf
        return moves

    def state(self) -> LadderState:
        return self.low, self.width, self._finest, self._least, self._most

    def restore(self, state: LadderState) -> None:
        self.low, self.width, self._finest, self._least, self._most = state
