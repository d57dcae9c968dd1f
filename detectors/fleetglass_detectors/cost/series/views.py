"""Looks at a series in ten ways at once, and counts in how many of them the latest value is new.

With mean(w) and spread(w) of the last w values, and t - w for w values ago, at the scales 1, 4 and
16 that a day's and an hour's data have in common:

    the value                                             16 bins
    the value, and the one at t - 1, t - 4, t - 16        16 x 16 cells each
    mean(w), and mean(w) at t - w          w = 4, 16      16 x 16
    spread(w), and mean(w)                 w = 4, 16       8 x 8
    the last w values' distribution        w = 16, 64      one of those seen before

The first four are cells that were visited before or not (`cells`), the last is a test
against the distributions that were met (`shapes`). Each view that finds something new
gives its surprise (`rarity`), and the sum of these is the surprise of the value: what
matters is how many views find something new *at the same moment*.

Besides these, a value that does not move any more has a surprise of its own (`stuck`).

A spike is a new value; a level shift a new pair of now and then, and a new mean; noise that begins
or ends is a new spread at an old level; a changed mix is a new distribution.
"""

import math
from collections.abc import Iterator, Sequence
from operator import mul
from typing import TypeAlias

from fleetglass_detectors.cost.series.cells import Cells
from fleetglass_detectors.cost.series.ladder import BINS, Ladder, LadderState, Move, origins
from fleetglass_detectors.cost.series.rarity import Rarity
from fleetglass_detectors.cost.series.shapes import BINS as COARSE
from fleetglass_detectors.cost.series.shapes import Shapes, ShapesState
from fleetglass_detectors.cost.series.stuck import Stuck, StuckState

LAGS = (1, 4, 16)
SCALES = (4, 16)
WINDOWS = (16, 64)
DEEP = 2 * SCALES[-1]
"""How many values are kept."""
TURN = 16384
"""After this many values, patterns that did not return begin to fade: over a week of minutes."""
FINEST = 1 / BINS
"""The least range of any property, as a share of the first range of the values."""

ViewsState: TypeAlias = tuple[
    list[float],
    int,
    list[LadderState],
    list[tuple[bytes, bytes]],
    list[ShapesState],
    list[tuple[float, float]],
    StuckState,
]


class Views:
    """The views of one series whose values were about 0 to 1 at first.

    Args:
        first: Its first values, more than `DEEP` of them; what is in them is nothing new.
    """

    def __init__(self, first: Sequence[float]) -> None:
        self._values: list[float] = []
        self._since = 0
        ends = range(1, len(first) + 1)
        properties = [_properties(first[max(0, end - DEEP) : end]) for end in ends]
        self._ladders = [_spanning(column) for column in zip(*properties, strict=True)]
        self._value = Cells(BINS)
        self._lags = [Cells(BINS) for _ in LAGS]
        self._means = [Cells(BINS) for _ in SCALES]
        self._spreads = [Cells(COARSE) for _ in SCALES]
        self._shapes = [Shapes(window) for window in WINDOWS]
        views = 1 + len(LAGS) + 2 * len(SCALES) + len(WINDOWS)
        self._rarities = [Rarity() for _ in range(views)]
        self._stuck = Stuck()
        for value in first:
            self._push(value)
            self._stuck.nats(value)
            for _ in self._news():
                pass

    def surprise(self, value: float) -> float:
        """Return the surprise of the next value in nats, over all views."""
        low, width = self._ladders[0].low, self._ladders[0].width
        self._push(min(max(value, low - width), low + 2 * width))
        self._since += 1
        if self._since == TURN:
            self._turn()
        news = zip(self._rarities, self._news(), strict=True)
        return self._stuck.nats(value) + sum([rarity.nats(new) for rarity, new in news])

    def quiet(self, count: int) -> None:
        """Count this many values with nothing new."""
        for rarity in self._rarities:
            rarity.quiet(count)

    def _push(self, value: float) -> None:
        self._values.append(value)
        if len(self._values) > DEEP:
            del self._values[0]

    def _news(self) -> Iterator[bool]:
        """Return for each view whether the latest value is new."""
        values = self._values
        places: list[int] = []
        for which, number in enumerate(_properties(values)):
            if move := self._ladders[which].grow(number):
                self._move(which, move)
            places.append(self._ladders[which].bin(number))
        value, means, spreads = places[0], places[1:3], places[3:5]
        yield self._value.visit(value, 0)
        for cells, lag in zip(self._lags, LAGS, strict=True):
            then = values[-1 - lag] if lag < len(values) else values[0]
            yield cells.visit(value, self._ladders[0].bin(then))
        for which, scale in enumerate(SCALES):
            then = _mean(values[-2 * scale : -scale] or values)
            before = self._ladders[1 + which].bin(then)
            yield self._means[which].visit(means[which], before)
        for cells, spread, mean in zip(self._spreads, spreads, means, strict=True):
            yield cells.visit(spread // 2, mean // 2)
        for shapes in self._shapes:
            yield shapes.add(value // 2)

    def _turn(self) -> None:
        self._since = 0
        for cells in (self._value, *self._lags, *self._means, *self._spreads):
            cells.turn()
        for which, ladder in enumerate(self._ladders):
            for move in ladder.turn():
                self._move(which, move)

    def _move(self, which: int, move: Move) -> None:
        """What remembers bins of this property follows its ladder."""
        fine, coarse = origins(move, BINS), origins(move, COARSE)
        if which == 0:
            self._value.move(rows=fine)
            for cells in self._lags:
                cells.move(rows=fine, columns=fine)
            for shapes in self._shapes:
                if move.first is None:
                    shapes.merge(coarse)
                else:
                    shapes.forget()
        elif which <= len(SCALES):
            self._means[which - 1].move(rows=fine, columns=fine)
            self._spreads[which - 1].move(columns=coarse)
        else:
            self._spreads[which - 1 - len(SCALES)].move(rows=coarse)

    def state(self) -> ViewsState:
        boards = (self._value, *self._lags, *self._means, *self._spreads)
        return (
            self._values.copy(),
            self._since,
            [ladder.state() for ladder in self._ladders],
            [cells.state() for cells in boards],
            [shapes.state() for shapes in self._shapes],
            [rarity.state() for rarity in self._rarities],
            self._stuck.state(),
        )

    def restore(self, state: ViewsState) -> None:
        values, self._since, ladders, boards, shapes, rarities, stuck = state
        self._values = values.copy()
        for ladder, held in zip(self._ladders, ladders, strict=True):
            ladder.restore(held)
        own = (self._value, *self._lags, *self._means, *self._spreads)
        for cells, seen in zip(own, boards, strict=True):
            cells.restore(seen)
        for shape, known in zip(self._shapes, shapes, strict=True):
            shape.restore(known)
        for rarity, counted in zip(self._rarities, rarities, strict=True):
            rarity.restore(counted)
        self._stuck.restore(stuck)


def _properties(values: Sequence[float]) -> list[float]:
    """The latest value, the means, and the spreads."""
    lasts = [values[-scale:] for scale in SCALES]
    means = [_mean(last) for last in lasts]
    spreads = [_spread(last, mean) for last, mean in zip(lasts, means, strict=True)]
    return [values[-1], *means, *spreads]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _spread(values: Sequence[float], mean: float) -> float:
    return math.sqrt(max(0.0, sum(map(mul, values, values)) / len(values) - mean * mean))


def _spanning(numbers: Sequence[float]) -> Ladder:
    low = min(numbers)
    return Ladder(low=low, width=max(max(numbers) - low, FINEST), finest=FINEST)
