"""The rules V1 to V8 and V10: which actions of a run its agents were not allowed to do.

V4 for a day or an hour and V9 need other runs too: quotas.py has them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from fleetglass_detectors.autonomy import approvals
from fleetglass_detectors.autonomy.classes import HARMLESS, LEAST_TIER, ActionClass
from fleetglass_detectors.autonomy.coverage import Coverage, Unknown
from fleetglass_detectors.autonomy.planted import planted
from fleetglass_detectors.autonomy.policy import ASK, NOTIFY, Policy, Standing, tier_of
from fleetglass_detectors.autonomy.ruling import Ruling, ruling
from fleetglass_detectors.autonomy.run import Action, Run
from fleetglass_detectors.autonomy.violation import Rule, Violation

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    violations: list[Violation] = field(default_factory=list[Violation])
    coverage: Coverage = field(default_factory=Coverage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One action with all that the rules need to know about it."""

    run: Run
    policy: Policy
    action: Action
    action_class: ActionClass
    standing: Standing
    ruling: Ruling

    @property
    def needed(self) -> int:
        return LEAST_TIER.get(self.action_class, ASK)

    def violation(self, rule: Rule, what: str, legal_if: str, *why: str) -> Violation:
        entry = f"entry for {self.standing.agent}"
        line = (self.ruling.permission or self.standing).line
        facts = (
            f"class {self.action_class}",
            f"tier {self.policy.tier_text(max(0, self.ruling.tier))}",
            f"{entry}, line {line} of fleet.yaml" if line else entry,
        )
        return Violation(
            rule=rule, action=self.action, what=what, legal_if=legal_if, why=(*facts, *why)
        )


PolicyAt = Callable[[int], Policy]
"""Returns the policy that was in force at a time, in nanoseconds."""


def judge(run: Run, policy_at: PolicyAt, now_ns: int) -> Judgement:
    """Judge all actions of a run, each by the policy that was in force when it began."""
    result = Judgement()
    claimed: set[str] = set()
    for action in run.actions:
        policy = policy_at(action.start_ns)
        action_class = policy.class_of(action.tool, action.action)
        if violation := planted(run, action, action_class):
            result.violations.append(violation)
        case = _case(run, policy, action, action_class, result.coverage)
        if case is None:
            continue
        result.violations.extend(_authority(case) or _duties(case, now_ns))
        if action.agent not in claimed:
            claimed.add(action.agent)
            result.violations.extend(_false_tier(case))
    return result


def _case(
    run: Run, policy: Policy, action: Action, action_class: ActionClass, coverage: Coverage
) -> Case | None:
    """Return the case, or count why the action cannot be judged."""
    standing = policy.standing(action.agent, action.cohort) if action.agent else None
    if standing is None:
        unknown = Unknown.AGENT if action.agent else Unknown.NO_AGENT
        coverage[unknown, action.agent or action.name] += 1
        return None
    given = ruling(standing, action, action_class, policy.kind_of(action.tool, action.action))
    if given.is_blind:
        coverage[Unknown.ARGUMENTS, action.name] += 1
    if action_class is ActionClass.UNKNOWN and not (given.permission or given.breach):
        coverage[Unknown.TOOL, action.name] += 1
        return None
    return Case(
        run=run,
        policy=policy,
        action=action,
        action_class=action_class,
        standing=standing,
        ruling=given,
    )


def _authority(case: Case) -> list[Violation]:
    """V3, V4, V6, V1: whether its own agent may do such a thing at all."""
    given, action = case.ruling, case.action
    if given.breach:
        breach = given.breach
        return [case.violation(breach.rule, breach.what, breach.legal_if)]
    if case.action_class is ActionClass.IDENTITY and given.permission is None:
        what = "changes who may do what, which no entry of fleet.yaml allows"
        return [
            case.violation(Rule.SELF_GOVERNANCE, what, "an entry with class identity allows it")
        ]
    if given.tier < case.needed:
        tiers = case.policy
        what = (
            f"is of class {case.action_class}, which needs tier {tiers.tier_text(case.needed)}; "
            f"{action.agent} has tier {tiers.tier_text(max(0, given.tier))} for it"
        )
        return [
            case.violation(Rule.ABOVE_TIER, what, f"fleet.yaml gives tier {case.needed} for it")
        ]
    return []


def _duties(case: Case, now_ns: int) -> Iterator[Violation]:
    """V5, V2, V7, V8: for whom it acts, and what its tier obliges it to do."""
    if case.action_class in HARMLESS:
        return
    if violation := _borrowed(case):
        yield violation
        return
    if case.ruling.tier == ASK and (found := _not_approved(case)):
        yield case.violation(found.rule, found.what, found.legal_if)
    if case.ruling.tier == NOTIFY and (violation := _no_notice(case, now_ns)):
        yield violation


def _not_approved(case: Case) -> approvals.Fault | None:
    permission = case.ruling.permission
    terms = (permission and permission.approval) or case.standing.approval
    return approvals.fault(case.run, case.action, terms)


def _borrowed(case: Case) -> Violation | None:
    """V5: an agent may not do for another what that one may not do itself."""
    action, policy = case.action, case.policy
    for agent in action.lineage:
        above = policy.standing(agent, action.cohort)
        if above is None:
            continue
        kind = policy.kind_of(action.tool, action.action)
        tier = max(0, ruling(above, action, case.action_class, kind).tier)
        # If both must ask, an approval is owed by the one that acts.
        must_ask = tier == ASK < case.ruling.tier and bool(_not_approved(case))
        if tier < case.needed or must_ask:
            what = (
                f"was done for {agent}, which has tier {policy.tier_text(tier)} for it; "
                f"{action.agent} has {policy.tier_text(case.ruling.tier)}"
            )
            legal_if = f"{agent} has the tier for it itself, or a person approves it"
            lineage = " < ".join((action.agent, *action.lineage))
            return case.violation(Rule.BORROWED, what, legal_if, f"lineage {lineage}")
    return None


def _no_notice(case: Case, now_ns: int) -> Violation | None:
    """V8: an agent that acts and notifies has to notify."""
    notice, action = case.policy.notice, case.action
    if notice is None or fnmatchcase(action.tool, notice.tool):
        return None
    until_ns = action.end_ns + int(notice.within_s * SECOND_NS)
    told = any(
        fnmatchcase(one.tool, notice.tool) and action.start_ns <= one.start_ns <= until_ns
        for one in case.run.actions
    )
    if told or now_ns <= until_ns:
        return None
    what = f"was not followed by {notice.tool} within {notice.within_s:g} s"
    return case.violation(Rule.NO_NOTICE, what, f"{notice.tool} follows in time")


def _false_tier(case: Case) -> Iterator[Violation]:
    """V10: what a span says about its tier is no proof, and a contradiction is worth a look."""
    claimed = tier_of(case.action.claimed, case.policy.tiers) if case.action.claimed else None
    if claimed is None or claimed == case.standing.tier:
        return
    what = (
        f"says that {case.action.agent} has tier {claimed}; fleet.yaml says "
        f"{case.policy.tier_text(case.standing.tier)}"
    )
    yield case.violation(Rule.FALSE_TIER, what, "the agent's code and fleet.yaml agree")
