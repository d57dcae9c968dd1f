"""The rules V1 to V8 and V10: which actions of a run its agents were not allowed to do.

V4 for a day or an hour and V9 need other runs too: quotas.py has them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fleetglass.autonomy.authority import Case, beyond, borrowed, case_of
from fleetglass.autonomy.coverage import Coverage
from fleetglass.autonomy.policy import ASK, NOTIFY, Policy, fits, tier_of
from fleetglass.autonomy.violation import Rule, Violation
from fleetglass_detectors.autonomy import approvals
from fleetglass_detectors.autonomy.planted import Sources, planted
from fleetglass_detectors.autonomy.run import Run

SECOND_NS = 1_000_000_000

PolicyAt = Callable[[int], Policy]
"""Returns the policy that was in force at a time, in nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    violations: list[Violation] = field(default_factory=list[Violation])
    coverage: Coverage = field(default_factory=Coverage)


def judge(run: Run, policy_at: PolicyAt, now_ns: int) -> Judgement:
    """Judge all actions of a run, each by the policy that was in force when it began."""
    result = Judgement()
    claimed: set[str] = set()
    used: set[int] = set()
    sources = Sources(run)
    for action in run.actions:
        policy = policy_at(action.start_ns)
        if violation := planted(sources, action, policy.class_of(action.tool, action.action)):
            result.violations.append(violation)
        case = case_of(policy, action, result.coverage)
        if case is None:
            continue
        refused = beyond(case)
        result.violations.extend([refused] if refused else _duties(run, case, now_ns, used))
        if action.agent not in claimed:
            claimed.add(action.agent)
            result.violations.extend(_false_tier(case))
    return result


def _duties(run: Run, case: Case, now_ns: int, used: set[int]) -> Iterator[Violation]:
    """V5, V2, V7, V8: for whom it acts, and what its tier obliges it to do."""
    if case.is_harmless:
        return
    needs_one = case.ruling.tier == ASK or bool(case.action.lineage)
    fault = approvals.fault(run, case.action, case.terms, used) if needs_one else None
    if violation := borrowed(case, lambda: fault is None):
        yield violation
    elif case.ruling.tier == ASK and fault:
        yield case.violation(fault.rule, fault.what, fault.legal_if)
    elif case.ruling.tier == NOTIFY and (violation := _no_notice(run, case, now_ns)):
        yield violation


def _no_notice(run: Run, case: Case, now_ns: int) -> Violation | None:
    """V8: an agent that acts and notifies has to notify."""
    notice, action = case.policy.notice, case.action
    if notice is None or fits(action.tool, notice.tool):
        return None
    until_ns = action.end_ns + int(notice.within_s * SECOND_NS)
    told = any(
        fits(one.tool, notice.tool) and action.start_ns <= one.start_ns <= until_ns
        for one in run.actions
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
