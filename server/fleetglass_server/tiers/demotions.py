"""When an agent lost a tier: its record begins anew, and the next try must be more convincing.

Without this, an agent could be promoted, fail, and be promoted again by luck of the same record.
"""

from collections.abc import Sequence

from fleetglass.autonomy.classes import ActionClass
from fleetglass.autonomy.policy import Policy
from fleetglass_server.policies.table import concerns
from fleetglass_server.tiers.record import Who

History = Sequence[tuple[int, Policy]]
"""Each policy that was in force, with the nanosecond since which it was, the earliest first."""


def tier_of(policy: Policy, who: Who) -> int | None:
    """Return the tier of an agent for a class of action; None if it has no entry."""
    standing = policy.standing(who.agent, who.cohort)
    if standing is None:
        return None
    # The last that concerns the class is the widest: what it may do without small print.
    action_class = ActionClass(who.action_class)
    named = [one.tier for one in standing.may if concerns(policy, one, action_class)]
    return named[-1] if named else standing.tier


def demotions(history: History, who: Who) -> list[int]:
    """Return since when, each time, the agent had a lower tier than before."""
    fell: list[int] = []
    before: int | None = None
    for since_ns, policy in history:
        tier = tier_of(policy, who)
        if tier is not None and before is not None and tier < before:
            fell.append(since_ns)
        before = before if tier is None else tier
    return fell
