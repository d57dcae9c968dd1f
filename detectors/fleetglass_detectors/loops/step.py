"""What a run did, one thing at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A tool that was called, or a model that was asked."""

    span_id: str
    parent_span_id: str = ""
    start_ns: int
    end_ns: int
    actor: str
    """The agent whose step it is, as far as that is known yet."""
    kind: str
    """`tool`, `retrieval` or `llm`."""
    tool: str = ""
    asked: str = ""
    """What a tool was asked, often JSON; of a model, what was new in its prompt, if known."""
    answered: str = ""
    """What a tool returned, or what a model said."""
    tokens: int = 0
    cost: float = 0.0
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A run, or one agent in it, that goes nowhere; as of the last step that was looked at."""

    kind: str
    """What sort: `exact`, `failing`, `rephrased`, `lagged`, `no_progress`, `chant` ..."""
    critical: bool
    """Worth stopping for, and not only worth a look."""
    first: int
    """The place, among the steps looked at, of the first step of the first cycle."""
    last: int
    period: int
    """Steps in a cycle."""
    repeats: float
    """How often the cycle was gone through, the first time included."""
    score: float
    """How far over its threshold, so that 1.0 is at it."""
    summary: str
    """For people: what repeats, and how alike; it quotes nothing of what was said."""
