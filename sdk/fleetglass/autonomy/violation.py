"""A violation: an action beyond what its agent may do, and what would have made it legal."""

from dataclasses import dataclass
from enum import StrEnum

from fleetglass.autonomy.action import Action


class Rule(StrEnum):
    """The value is the kind of the signal; docs/autonomy.md explains each."""

    ABOVE_TIER = "above-tier"
    NO_APPROVAL = "no-approval"
    OUT_OF_SCOPE = "out-of-scope"
    OVER_LIMIT = "over-limit"
    BORROWED = "borrowed-authority"
    SELF_GOVERNANCE = "self-governance"
    SELF_APPROVAL = "self-approval"
    NO_NOTICE = "no-notice"
    SPLIT = "split"
    FALSE_TIER = "false-tier"
    PLANTED = "planted"


NUMBER = {rule: f"V{number}" for number, rule in enumerate(Rule, 1)} | {Rule.PLANTED: "P1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    rule: Rule
    action: Action
    what: str
    """What was wrong with it, after the name of the action: `needs an approval and has none`."""
    legal_if: str
    """The least change that would have made it legal."""
    why: tuple[str, ...] = ()
    """The values that made it so, each as a line. Never a prompt or an answer."""
    since_ns: int = 0
    """When it began, if that was before the action."""
