"""What a stream is compared with: a frozen part of its own past, or a substitute for it.

A reference holds the observations of one key under one label (the declared versions of agent,
prompt and model). It is taken once, numbered, and never changed: a detector that continued to learn
would learn the drift that it should find. A `Standing` is what a stream is compared with now. It
also says in words what people must know about that.

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
"""After this many later versions, a release no longer explains a drift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """What a reference needs to be frozen, and its largest size."""

    observations: int = 300
    sessions: int = 40
    span_ns: int = 0
    """From its first observation to its last, at least: a week, where weekdays differ."""
    rows: int = 1000
    """The most observations that are kept; each session has an equal share of them."""

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
    """Why a version of a reference began."""

    version: int
    label: str
    """What was declared: the versions of agent, prompt and model; may be empty."""
    at_ns: int
    who: str = ""
    """The operator who accepted a drift; empty if a change was declared."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """A frozen part of one key's past."""

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
    """What a key's observations are compared with now."""

    reference: Reference | None
    basis: Basis
    """`own`; `previous`, that of the label before; `parent`, that of a coarser key; or `none`."""
    label: str
    """The declared label."""
    pending: Opening | None
    """The version of that label that is warming up."""
    observations: int
    """How far that one has got."""
    sessions: int
    needs: Warmth

    @property
    def pages(self) -> bool:
        """Return whether a drift is worth a page: not if a release or an operator explains it."""
        if self.reference is None:
            return False
        if self.basis == "parent" or (self.basis == "own" and self.pending is None):
            return True
        # A key with so many new versions that none gets warm is not excused any more.
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
