"""Segments: files whose names say which spans they hold.

`ID-START-SPANS.seg` holds SPANS spans, the first of which was the START-th that this journal ever
accepted; the segment being written is `ID-START.open`. So a start needs no reading of a backlog.
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
        """Whether `other` is a piece of this one."""
        inside = self.start <= other.start and other.end <= self.end
        return self.id == other.id and inside and self.name != other.name

    def path(self, folder: Path) -> Path:
        return folder / (self.name + SEALED)


def parse(path: Path) -> Segment | None:
    """Read a sealed segment's name; None when the file is not one."""
    parts = path.stem.split("-")
    if path.suffix != SEALED or len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    identity, start, spans = map(int, parts)
    return Segment(id=identity, start=start, spans=spans, size=path.stat().st_size)


def sealed(folder: Path) -> list[Segment]:
    """The sealed segments in the order in which they were written."""
    found = (parse(path) for path in folder.glob(f"*{SEALED}"))
    return sorted(segment for segment in found if segment)
