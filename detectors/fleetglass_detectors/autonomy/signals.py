"""Turns violations into signals."""

from fleetglass.autonomy.classes import HARMFUL, HARMLESS
from fleetglass.autonomy.policy import Policy
from fleetglass.autonomy.violation import NUMBER, Rule, Violation
from fleetglass_detectors.autonomy.run import Run
from fleetglass_detectors.signal import Level, Signal

FAMILY, DETECTOR = "autonomy", "autonomy"
# Whatever the class of the action: who does this undermines the rules themselves.
GRAVE = frozenset({Rule.SELF_GOVERNANCE, Rule.SELF_APPROVAL, Rule.BORROWED})
SLIGHT = frozenset({Rule.FALSE_TIER, Rule.NO_NOTICE})


def weighed(violation: Violation, policy: Policy) -> tuple[Level, str]:
    """Return how severe it is, and why: what cannot be taken back should wake somebody."""
    action = violation.action
    action_class = policy.class_of(action.tool, action.action)
    if action.failed:
        return Level.WARNING, "it was tried and failed"
    if violation.rule in SLIGHT:
        return Level.WARNING, "the act itself was allowed"
    if violation.rule is Rule.PLANTED:
        # Whatever it did.
        return Level.CRITICAL, "the agent follows the orders of a stranger"
    if action_class in HARMLESS:
        return Level.WARNING, f"it changes nothing (class {action_class})"
    if action_class in HARMFUL:
        return Level.CRITICAL, f"what was done cannot be taken back (class {action_class})"
    if violation.rule in GRAVE:
        return Level.CRITICAL, "it gets around the rules themselves"
    return Level.WARNING, f"it can be taken back (class {action_class})"


def signal(run: Run, violation: Violation, policy: Policy, detector: str = DETECTOR) -> Signal:
    action = violation.action
    tried = " (it failed)" if action.failed else ""
    level, why = weighed(violation, policy)
    return Signal(
        family=FAMILY,
        detector=detector,
        kind=violation.rule,
        level=level,
        run=run.number,
        is_declared=True,
        segment=action.segment,
        last=action.key,
        span=action.key,
        at_ns=action.end_ns,
        first_ns=violation.since_ns or action.start_ns,
        score=1.0,
        summary=f"{action.name}{tried} {violation.what}; legal if {violation.legal_if}",
        evidence={
            "rule": NUMBER[violation.rule],
            "action": action.name,
            "class": str(policy.class_of(action.tool, action.action)),
            "span": action.span_id,
            "legal_if": violation.legal_if,
            "policy": policy.digest,
            "level_why": f"{level}, because {why}",
            "why": [*violation.why],
        },
    )
