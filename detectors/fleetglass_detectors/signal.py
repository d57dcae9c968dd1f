"""What a detector noticed about one subject."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

Evidence = dict[str, str | int | float | list[str]]


class Level(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The same spans make the same signal, whenever and in whatever company they arrive."""

    family: str
    """What is wrong, however it was found; a run has one incident of a family."""
    detector: str
    kind: str
    """What sort of finding, in the detector's own words."""
    level: Level
    run: int
    """The trace, as `Batch.rows['run']` has it."""
    segment: int
    last: int
    """A span of what is wrong, and the segment it came in: its names are looked up there."""
    span: int
    """The span after which it was certain."""
    at_ns: int
    """When that was, in the run's own time."""
    first_ns: int
    """When what is wrong began."""
    every_s: float = 0.0
    """How long from one repeat to the next; who polls may be slow, and no more."""
    score: float
    """How far over the threshold; 1.0 is at it."""
    summary: str
    """For people. Quotes nothing of what was said."""
    first_cycle: tuple[int, ...] = ()
    last_cycle: tuple[int, ...] = ()
    """Spans to put side by side."""
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def id(self) -> int:
        told = f"{self.detector}\0{self.kind}\0{self.level}\0{self.run}\0{self.span}"
        return int.from_bytes(blake2b(told.encode(), digest_size=8).digest(), "little")
