"""Whether an agent may do an action: V1, V3 to V6, from the policy and the action alone."""

from collections.abc import Callable
from dataclasses import dataclass

from fleetglass.autonomy.action import Action
from fleetglass.autonomy.classes import HARMLESS, LEAST_TIER, ActionClass
from fleetglass.autonomy.coverage import Coverage, Unknown
from fleetglass.autonomy.policy import ASK, Approval, Policy, Standing
from fleetglass.autonomy.ruling import Ruling, ruling
from fleetglass.autonomy.violation import Rule, Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One action with what the policy says of it."""

    policy: Policy
    action: Action
    action_class: ActionClass
    standing: Standing
    ruling: Ruling

    @property
    def needed(self) -> int:
        """The lowest tier that may do it at all."""
        return LEAST_TIER.get(self.action_class, ASK)

    @property
    def is_harmless(self) -> bool:
        return self.action_class in HARMLESS

    @property
    def terms(self) -> Approval:
        """Who may approve it."""
        permission = self.ruling.permission
        return (permission and permission.approval) or self.standing.approval

    def violation(self, rule: Rule, what: str, legal_if: str, *why: str) -> Violation:
        entry = f"entry for {self.standing.agent}"
        line = (self.ruling.permission or self.standing).line
        facts = (
            f"class {self.action_class}",
            f"tier {self.policy.tier_text(max(0, self.ruling.tier))}",
            f"{entry}, line {line} of fleet.yaml" if line else entry,
            *([f"owner {self.standing.owner}"] if self.standing.owner else []),
            *([f"contact {self.standing.contact}"] if self.standing.contact else []),
        )
        return Violation(
            rule=rule, action=self.action, what=what, legal_if=legal_if, why=(*facts, *why)
        )


def case_of(policy: Policy, action: Action, coverage: Coverage) -> Case | None:
    """Return the case, or count why the action cannot be judged."""
    standing = policy.standing(action.agent, action.cohort) if action.agent else None
    if standing is None:
        unknown = Unknown.AGENT if action.agent else Unknown.NO_AGENT
        coverage[unknown, action.agent or action.name] += 1
        return None
    action_class = policy.class_of(action.tool, action.action)
    given = ruling(standing, action, action_class, policy.kind_of(action.tool, action.action))
    if given.is_blind:
        coverage[Unknown.ARGUMENTS, action.name] += 1
    if action_class is ActionClass.UNKNOWN and not (given.permission or given.breach):
        coverage[Unknown.TOOL, action.name] += 1
        return None
    return Case(
        policy=policy,
        action=action,
        action_class=action_class,
        standing=standing,
        ruling=given,
    )


def beyond(case: Case) -> Violation | None:
    """V3, V4, V6, V1: the violation if its own agent may not do such a thing at all."""
    given, action = case.ruling, case.action
    if given.breach:
        breach = given.breach
        return case.violation(breach.rule, breach.what, breach.legal_if)
    if case.action_class is ActionClass.IDENTITY and given.permission is None:
        what = "changes who may do what, which no entry of fleet.yaml allows"
        return case.violation(Rule.SELF_GOVERNANCE, what, "an entry with class identity allows it")
    if given.tier < case.needed:
        tiers = case.policy
        what = (
            f"is of class {case.action_class}, which needs tier {tiers.tier_text(case.needed)}; "
            f"{action.agent} has tier {tiers.tier_text(max(0, given.tier))} for it"
        )
        return case.violation(Rule.ABOVE_TIER, what, f"fleet.yaml gives tier {case.needed} for it")
    return None


def borrowed(case: Case, is_approved: Callable[[], bool]) -> Violation | None:
    """V5: an agent may not do for another what that one may not do itself."""
    action, policy = case.action, case.policy
    for agent in () if case.is_harmless else action.lineage:
        above = policy.standing(agent, action.cohort)
        if above is None:
            continue
        kind = policy.kind_of(action.tool, action.action)
        tier = max(0, ruling(above, action, case.action_class, kind).tier)
        # If both must ask, an approval is owed by the one that acts.
        must_ask = tier == ASK < case.ruling.tier and not is_approved()
        if tier < case.needed or must_ask:
            what = (
                f"was done for {agent}, which has tier {policy.tier_text(tier)} for it; "
                f"{action.agent} has {policy.tier_text(case.ruling.tier)}"
            )
            legal_if = (
                f"{agent} has the tier for it itself" + ", or a person approves it" * must_ask
            )
            lineage = " < ".join((action.agent, *action.lineage))
            return case.violation(Rule.BORROWED, what, legal_if, f"lineage {lineage}")
    return None
