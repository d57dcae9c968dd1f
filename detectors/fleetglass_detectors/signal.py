"""A signal: what one detector noticed about one subject."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.subject import RUN, Subject

Evidence = dict[str, str | int | float | list[str]]


class Level(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycles:
    """How something repeats itself. People see the spans of both cycles side by side."""

    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    every_s: float = 0.0
    """Seconds from one cycle to the next. `fleet.yaml` excuses polling that is this slow."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Cycles":
        """Return what `asdict` has turned into plain values, also if those became JSON."""
        first, last = tuple(values["first"]), tuple(values["last"])
        return cls(first=first, last=last, every_s=values["every_s"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The same spans make the same signal, whenever they arrive and in whichever batch."""

    family: str
    """What sort of problem this is. A run has one incident a family, whoever detected it."""
    detector: str
    kind: str
    """Which of the detector's rules applied, such as `exact` or `stuck`."""
    level: Level
    run: int
    """The trace, as in `Batch.rows['run']`; or the number of the subject if that is no run."""
    subject: Subject | None = None
    """Filled in if the detector knows it; otherwise it is looked up by the span."""
    harm: Harm | None = None
    """Filled in if the detector knows it; otherwise it is looked up by the run."""
    is_declared: bool = False
    """Whether `level` was declared by a person, so that it holds whatever the harm is."""
    segment: int = 0
    last: int = 0
    """A span of the problem, with the segment it arrived in: names are looked up there."""
    span: int = 0
    """The span that made it certain. If there is none, `first_ns` tells signals apart."""
    at_ns: int
    """When it became certain, in the run's own time."""
    first_ns: int
    """When the problem began."""
    ends_ns: int = 0
    """When the problem is over by itself, such as the end of a budget's period; 0 if never."""
    score: float
    """How far over the threshold: 1.0 is exactly at it."""
    summary: str
    """One line for people. It never quotes a prompt, an argument or an answer."""
    cycles: Cycles = Cycles()
    """Only loops have them."""
    evidence: Evidence = field(default_factory=Evidence)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Signal":
        """Return what `asdict` has turned into plain values, also if those became JSON."""
        subject, harm = values["subject"], values["harm"]
        parts: dict[str, Any] = {
            "level": Level(values["level"]),
            "subject": Subject(**subject) if subject else None,
            "harm": Harm.of(harm) if harm else None,
            "cycles": Cycles.of(values["cycles"]),
        }
        return cls(**{**values, **parts})

    @property
    def id(self) -> int:
        key = f"{self.detector}\0{self.kind}\0{self.level}\0{self.run}\0{self.span}"
        if self.subject and self.subject.about != RUN:
            key += f"\0{self.first_ns}"
        return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little")
