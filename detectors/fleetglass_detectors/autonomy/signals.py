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


def level(violation: Violation, policy: Policy) -> Level:
    """Return how severe it is: what was done and cannot be taken back should wake somebody."""
    action = violation.action
    if action.failed or violation.rule in SLIGHT:
        return Level.WARNING
    if violation.rule is Rule.PLANTED:
        # Whatever it did: the agent follows the orders of a stranger.
        return Level.CRITICAL
    action_class = policy.class_of(action.tool, action.action)
    if action_class in HARMLESS:
        return Level.WARNING
    grave = action_class in HARMFUL or violation.rule in GRAVE
    return Level.CRITICAL if grave else Level.WARNING


def signal(run: Run, violation: Violation, policy: Policy, detector: str = DETECTOR) -> Signal:
    action = violation.action
    tried = " (it failed)" if action.failed else ""
    return Signal(
        family=FAMILY,
        detector=detector,
        kind=violation.rule,
        level=level(violation, policy),
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
            "why": [*violation.why],
        },
    )
