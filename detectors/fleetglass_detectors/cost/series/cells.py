"""Remembers which pairs of bins were seen together.

Two of a series' properties at a time, each in bins, span a board of cells: the value and the one
before it, the spread and the level. A healthy series visits few of the cells, over and over; the
first visit to another one is news. A visit is remembered for one `turn` at least and forgotten
after the second without another one, so what is normal may change with the months.

Example:
    >>> cells = Cells(8)
    >>> cells.visit(3, 4), cells.visit(3, 4), cells.visit(4, 3)
    (True, False, True)
    >>> cells.turn()
    >>> cells.visit(3, 4)
    False
    >>> cells.turn()
    >>> cells.visit(3, 4), cells.visit(4, 3)
    (False, True)
"""

from fleetglass_detectors.cost.series.ladder import Origins


class Cells:
    """A board with this many bins to a side."""

    def __init__(self, bins: int) -> None:
        self._bins = bins
        self._now = bytearray(bins * bins)
        self._before = bytearray(bins * bins)

    def visit(self, row: int, column: int) -> bool:
        """Return whether this cell is new, and remember it."""
        cell = row * self._bins + column
        if self._now[cell]:
            return False
        self._now[cell] = 1
        return not self._before[cell]

    def turn(self) -> None:
        self._before, self._now = self._now, bytearray(len(self._now))

    def move(self, *, rows: Origins | None = None, columns: Origins | None = None) -> None:
        """Follow ladders that moved: a new cell counts as seen if one of its old cells was seen."""
        same = [[place] for place in range(self._bins)]
        rows, columns = rows or same, columns or same
        self._now = self._moved(self._now, rows, columns)
        self._before = self._moved(self._before, rows, columns)

    def _moved(self, cells: bytearray, rows: Origins, columns: Origins) -> bytearray:
        return bytearray(
            any(cells[row * self._bins + column] for row in olds for column in others)
            for olds in rows
            for others in columns
        )

    def state(self) -> tuple[bytes, bytes]:
        return bytes(self._now), bytes(self._before)

    def restore(self, state: tuple[bytes, bytes]) -> None:
        self._now, self._before = bytearray(state[0]), bytearray(state[1])
