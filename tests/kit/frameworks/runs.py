"""How a run is written down by hand: what happened, in words of our own.

Everything is in the order of its start. What a span does not tell is '' or 0, and None where it
could have been an empty text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    agent: str
    caller: str = ""
    """The agent inside whose invocation this one ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    input: int = 0
    """All of them, the cached ones too."""

    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


NO_TOKENS = Tokens()


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmCall:
    agent: str
    model: str
    response_model: str = ""
    provider: str = ""
    tokens: Tokens = NO_TOKENS
    finish_reason: str = ""
    error_type: str = ""
    """Empty where it went well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    agent: str
    tool: str
    arguments: str | None
    """Canonical: JSON without spaces, keys sorted; else the text itself."""

    call_id: str = ""
    result: str | None = None
    error_type: str = ""
    """Empty where it went well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    source: str
    target: str
    kind: Literal["handoff", "tool"]
    """A handoff passes control and ends; a tool asks the other agent and waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    trace: str
    """The first eight characters of its id."""

    workflow: str = ""
    conversation: str = ""
    invocations: tuple[Invocation, ...] = ()
    llm_calls: tuple[LlmCall, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    handoffs: tuple[Handoff, ...] = ()
    tokens: Tokens = NO_TOKENS
    errors: tuple[tuple[str, str], ...] = ()
    """Name and error type of every span that failed."""

    kinds: Mapping[str, int]
    """How many spans of each kind."""

    agents: Mapping[str, int]
    """How many spans belong to each agent; to the service where there is no agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    file: str
    runs: tuple[Run, ...]
