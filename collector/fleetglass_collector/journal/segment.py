"""Segments are files whose names say which spans they hold.

`ID-START-SPANS.seg` holds SPANS spans, and this journal accepted START spans before them. The
segment that is being written is `ID-START.open`. So a start does not have to read the backlog.
"""

from dataclasses import dataclass
from pathlib import Path

SEALED, OPEN = ".seg", ".open"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Segment:
    id: int
    start: int
    spans: int
    size: int

    @property
    def name(self) -> str:
        return f"{self.id:020d}-{self.start}-{self.spans}"

    @property
    def end(self) -> int:
        return self.start + self.spans

    def holds(self, other: "Segment") -> bool:
        """Tell whether `other` is a piece of this segment."""
        inside = self.start <= other.start and other.end <= self.end
        return self.id == other.id and inside and self.name != other.name

    def path(self, folder: Path) -> Path:
        return folder / (self.name + SEALED)


def parse(path: Path) -> Segment | None:
    """Read the name of a sealed segment; return None for any other file."""
    parts = path.stem.split("-")
    if path.suffix != SEALED or len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    identity, start, spans = map(int, parts)
    return Segment(id=identity, start=start, spans=spans, size=path.stat().st_size)


def sealed(folder: Path) -> list[Segment]:
    """Return the sealed segments in the order in which they were written."""
    parsed = (parse(path) for path in folder.glob(f"*{SEALED}"))
    return sorted(segment for segment in parsed if segment)
