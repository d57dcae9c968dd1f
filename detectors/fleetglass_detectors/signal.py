"""What a detector noticed about one subject."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.subject import RUN, Subject

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
    """The trace, as `Batch.rows['run']` has it; or the number of its subject."""
    subject: Subject | None = None
    """Whose signal it is, where the detector knows; else it is looked up by the span."""
    harm: Harm | None = None
    """What it has cost, where the detector knows; else that is looked up by run."""
    is_declared: bool = False
    """Whether somebody declared this to be as bad as `level` says, whatever its harm."""
    segment: int = 0
    last: int = 0
    """A span of what is wrong, and the segment it came in: its names are looked up there."""
    span: int = 0
    """The span after which it was certain; where there is none, `first_ns` tells signals apart."""
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
        if self.subject and self.subject.about != RUN:
            told += f"\0{self.first_ns}"
        return int.from_bytes(blake2b(told.encode(), digest_size=8).digest(), "little")
