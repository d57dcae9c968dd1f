"""What a stream is compared with: a frozen stretch of its own past, or what stands in for it.

A reference is the observations of one key while it ran under one label (the agent's, prompt's and
model's version, as declared), taken once, numbered, and never changed after that: a detector that
went on learning would learn the drift it is there to find. What there is to compare with right now
is a `Standing`, which also says in words what people must know about it.

Example:
    >>> standing = Standing(
    ...     reference=None, basis="none", label="v1", pending=None,
    ...     observations=12, sessions=3, needs=Warmth(),
    ... )
    >>> standing.said
    'cold start: nothing to compare with yet, 12 of 300 observations, 3 of 40 sessions'
"""

from dataclasses import dataclass
from typing import Literal

from fleetglass_detectors.alarms.evidence import FloatArray, IntArray

Basis = Literal["own", "previous", "parent", "none"]

MOST_EXCUSED = 8
"""Versions opened since the reference was, after which a release explains no drift any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """What it takes for a reference to be frozen, and what it may take up."""

    observations: int = 300
    sessions: int = 40
    span_ns: int = 0
    """From its first observation to its last, at least: a week, where weekdays differ."""
    rows: int = 1000
    """Observations kept at most; each session has an equal share of them."""

    def __post_init__(self) -> None:
        if self.observations < 1 or self.sessions < 1 or self.span_ns < 0:
            raise ValueError(
                f"observations={self.observations!r}, sessions={self.sessions!r}, "
                f"span_ns={self.span_ns!r}: expected 1 or more, 1 or more, 0 or more"
            )
        if self.rows < self.observations + self.rows // self.sessions or self.rows < self.sessions:
            raise ValueError(
                f"rows={self.rows!r} cannot hold observations={self.observations!r} from "
                f"sessions={self.sessions!r}: set rows to three times the observations"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Why a version of a reference was begun."""

    version: int
    label: str
    """What was declared: the versions of agent, prompt and model; may be empty."""
    at_ns: int
    who: str = ""
    """The operator who accepted a drift; nobody if a change was declared."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """A frozen stretch of one key's past."""

    key: str
    opening: Opening
    frozen_ns: int
    values: FloatArray
    """(observations, width), session by session."""
    sessions: IntArray
    """Of each observation, the number of its session: the unit for whatever is derived."""

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + self.sessions.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """What to compare a key's observations with, as things are."""

    reference: Reference | None
    basis: Basis
    """`own`; `previous`, that of the label before; `parent`, that of a coarser key; or `none`."""
    label: str
    """What was declared to be running."""
    pending: Opening | None
    """The version of that label which is warming up."""
    observations: int
    """How far that one has got."""
    sessions: int
    needs: Warmth

    @property
    def pages(self) -> bool:
        """Whether a drift is worth a page; not while a release or an operator explains it."""
        if self.reference is None:
            return False
        if self.basis == "parent" or (self.basis == "own" and self.pending is None):
            return True
        # A key that declares so many versions that none gets warm has no excuse any more.
        newest = self.pending.version if self.pending else 0
        return newest - self.reference.opening.version > MOST_EXCUSED

    @property
    def said(self) -> str:
        """For people, and for every alert that rests on this; empty if all is as usual."""
        got = (
            f"{self.observations} of {self.needs.observations} observations, "
            f"{self.sessions} of {self.needs.sessions} sessions"
        )
        if self.reference is None:
            return f"cold start: nothing to compare with yet, {got}"
        if self.basis == "parent":
            return f"cold start: compared with {self.reference.key}, {got}"
        if self.basis == "own" and self.pending is None:
            return ""
        old = f"compared with version {self.reference.opening.version} until then, {got}"
        if self.pending and self.pending.who:
            return f"accepted by {self.pending.who} ({self.pending.why}); {old}"
        return f"drift explained by release {self.label!r}; {old}"
