"""Lays out text in columns that are safe for a terminal."""

from collections.abc import Sequence

# Names come from spans, so control characters and line breaks are replaced.
_SHOWN = dict.fromkeys((*range(32), *range(127, 160)), "?")


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Lay out rows, the first of which is the header; `right` lists the columns of numbers."""
    shown = [[cell.translate(_SHOWN) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]

    def line(row: list[str]) -> str:
        cells = zip(row, widths, strict=True)
        placed = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(cells)
        ]
        return "  ".join(placed).rstrip()

    return "\n".join(map(line, shown))


def dollars(price: float | None) -> str:
    """Write a price with no more digits than it needs."""
    return "-" if price is None or price < 0 else f"{price:.10f}".rstrip("0").rstrip(".")
