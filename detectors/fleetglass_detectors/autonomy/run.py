"""A run as the rules of autonomy see it: its actions, approvals, notices and agents."""

from dataclasses import dataclass, field

from fleetglass.autonomy.action import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    at_ns: int
    by: str
    action: str
    granted: bool = True
    arguments: str = ""
    """The fingerprint of the arguments that were approved; empty if it was not recorded."""
    is_granted: bool = False
    """Whether a person granted it through fleetglass. Otherwise only a span says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What somebody said or what a tool returned, and when."""

    at_ns: int
    text: str
    source: str = ""
    """The tool that returned it; empty for a trusted text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    number: int
    tenant: str = ""
    trace_id: str = ""
    actions: tuple[Action, ...] = ()
    approvals: tuple[Approval, ...] = ()
    agents: frozenset[str] = frozenset()
    is_unnamed: bool = False
    """Whether the agent of some span is not known yet."""
    trusted: tuple[Text, ...] = ()
    """What a person or the owner said."""
    untrusted: tuple[Text, ...] = field(default=())
    """What tools returned."""
