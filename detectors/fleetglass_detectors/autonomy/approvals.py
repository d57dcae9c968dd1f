"""Whether an action was approved: before it, by the right person, for exactly its arguments."""

from collections.abc import Iterator
from dataclasses import dataclass

from fleetglass.autonomy.action import Action
from fleetglass.autonomy.policy import FLEETGLASS, fits
from fleetglass.autonomy.policy import Approval as Terms
from fleetglass.autonomy.violation import Rule
from fleetglass.fingerprints import fingerprint
from fleetglass_detectors.autonomy.run import Approval, Run

SECOND_NS = 1_000_000_000
MINUTE_S = 60.0
SKEW_NS = 60 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an approval does not count."""

    rule: Rule
    what: str
    legal_if: str


def fault(run: Run, action: Action, terms: Terms, used: set[int]) -> Fault | None:
    """Return why the action is not approved, or None if it is.

    An approval of certain arguments is for one action; `used` has the places of those that served.
    """
    faults: list[Fault] = []
    for place, approval in enumerate(run.approvals):
        if approval.action.lower() not in {action.tool.lower(), action.action.lower()} - {""}:
            continue
        found = next(_faults(approval, run, action, terms), None)
        if found is None and place in used:
            found = Fault(Rule.NO_APPROVAL, "was approved once and done again", "it is asked again")
        if found is None:
            if approval.arguments:
                used.add(place)
            return None
        faults.append(found)
    if faults:
        # The last one was the last try.
        return faults[-1]
    return Fault(
        Rule.NO_APPROVAL, "needs an approval and has none", f"{_who(terms)} approves it before"
    )


def _faults(approval: Approval, run: Run, action: Action, terms: Terms) -> Iterator[Fault]:
    if approval.by in run.agents | {action.agent, *action.lineage}:
        what = f"was approved by {approval.by}, an agent of the same run"
        yield Fault(Rule.SELF_APPROVAL, what, f"{_who(terms)} approves it")
    if terms.through == FLEETGLASS and not approval.is_granted:
        what = "was approved by a span alone, which anybody can send"
        yield Fault(Rule.NO_APPROVAL, what, "a person grants it: fleetglass approvals grant")
    if terms.by and not any(fits(approval.by, name) for name in terms.by):
        what = f"was approved by {approval.by or 'nobody that is named'}, who may not approve it"
        yield Fault(Rule.NO_APPROVAL, what, f"{_who(terms)} approves it")
    if not approval.granted:
        yield Fault(Rule.NO_APPROVAL, f"was refused by {approval.by}", "it is not done")
    # A grant is dated by the database, the action by its agent, and their clocks may differ.
    if approval.at_ns - action.start_ns > (SKEW_NS if approval.is_granted else 0):
        yield Fault(Rule.NO_APPROVAL, "was approved only after it began", "it waits for the answer")
    age_s = (action.start_ns - approval.at_ns) / SECOND_NS
    if age_s > terms.valid_s:
        what = (
            f"was approved {_minutes(age_s)} before, and approvals hold {_minutes(terms.valid_s)}"
        )
        yield Fault(Rule.NO_APPROVAL, what, "it is approved again")
    mark = action.mark or (fingerprint(action.arguments) if action.arguments else "")
    if approval.arguments and mark and approval.arguments != mark:
        what = "was approved for other arguments"
        yield Fault(Rule.NO_APPROVAL, what, "it is approved for these arguments")


def _who(terms: Terms) -> str:
    return " or ".join(terms.by) if terms.by else "a person"


def _minutes(seconds: float) -> str:
    return f"{seconds / MINUTE_S:,.0f} min" if seconds >= MINUTE_S else f"{seconds:.0f} s"
