"""A step of a run, and a finding about a run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call of a tool or of a model."""

    span_id: str
    parent_span_id: str = ""
    start_ns: int
    end_ns: int
    actor: str
    """The agent that made the step, as far as it is known yet."""
    kind: str
    """`tool`, `retrieval` or `llm`."""
    tool: str = ""
    asked: str = ""
    """The arguments of a tool, often JSON; for a model, the new part of its prompt, if known."""
    answered: str = ""
    """The result of a tool, or the output of a model."""
    tokens: int = 0
    cost: float = 0.0
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A loop, or another lack of progress, as of the last step in the window."""

    kind: str
    """One of `exact`, `failing`, `rephrased`, `lagged`, `no_progress`, `chant` ..."""
    critical: bool
    """Whether the run should be stopped, not only looked at."""
    places: tuple[int, ...]
    """Where the steps of the loop are in the window. Other steps may stand in between."""
    period: int
    """Steps in a cycle."""
    repeats: float
    """How often the cycle occurred, the first time included."""
    score: float
    """How far over its threshold: 1.0 is exactly at it."""
    summary: str
    """One line for people. It never quotes a prompt, an argument or an answer."""

    @property
    def first(self) -> int:
        """The place in the window of the first step of the first cycle."""
        return self.places[0]

    @property
    def last(self) -> int:
        return self.places[-1]
