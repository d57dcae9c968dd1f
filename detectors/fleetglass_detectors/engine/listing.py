"""All detectors there are, listed by hand."""

from dataclasses import replace
from functools import partial

from fleetglass.autonomy.policy import Policy
from fleetglass_detectors.alarms.allowance import FLEET
from fleetglass_detectors.audit.log import Log
from fleetglass_detectors.autonomy import reading, sieve
from fleetglass_detectors.autonomy.quotas import Quotas, has_quotas
from fleetglass_detectors.autonomy.rules import PolicyAt
from fleetglass_detectors.autonomy.watch import Autonomy, constant
from fleetglass_detectors.budgets import watch as budgets
from fleetglass_detectors.cost.costs import Costs
from fleetglass_detectors.cost.ledger import Ledger
from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import Detector
from fleetglass_detectors.engine.health import Health
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.loops import words
from fleetglass_detectors.loops.branching import Branching
from fleetglass_detectors.loops.caps import Caps
from fleetglass_detectors.loops.lag import Lag
from fleetglass_detectors.loops.silent import Silent
from fleetglass_detectors.loops.wording import Wording

# Of each batch so long is spent on words, lest the others wait for them.
PATIENCE_S = 1.0


def live(
    database: Database,
    health: Health,
    fleet: Fleet,
    *,
    policies: PolicyAt | None = None,
    whole: bool = True,
    log: Log | None = None,
) -> list[Detector]:
    """For what arrives, in the order in which they are asked.

    Of several engines one looks at the fleet as a whole: what asks the database, and not the spans.
    """

    def skipped(runs: int) -> None:
        health.add("runs_skipped_total", runs)

    read = partial(words.steps, database)
    wording = Wording(read, patience_s=PATIENCE_S, skipped=skipped, learns=True)
    allowance = replace(FLEET, pages_per_week=fleet.false_pages_per_week)
    by_run: list[Detector] = [Lag(), Branching(), Silent(), Caps(allowance), wording]
    by_run += _autonomy(database, fleet.autonomy, policies)
    if not whole:
        return by_run
    spending = budgets.detectors(fleet.budgets, fleet.timezone, database, log)
    return [*by_run, Costs(Ledger(database), allowance), *spending]


def recorded(database: Database, fleet: Fleet) -> list[Detector]:
    """For a recording: it has no history of its agents, and its clock stops with its last span."""
    autonomy = _autonomy(database, fleet.autonomy or Policy(), None, grace_ns=0)
    return [Lag(), Branching(), Wording(partial(words.steps, database)), *autonomy]


def _autonomy(
    database: Database, policy: Policy | None, policies: PolicyAt | None, **settings: int
) -> list[Detector]:
    """Return the detectors of autonomy; none if fleet.yaml says nothing about it."""
    if policy is None:
        return []
    read = partial(reading.runs, database, with_granted=policy.asks_people)
    if policies:
        # A recording is looked at as a whole.
        read = partial(read, is_watched=lambda agent, cohort: bool(policy.standing(agent, cohort)))
    names = partial(sieve.names, database)
    at = policies or constant(policy)
    quotas = [Quotas(at, read, names, **settings)] if has_quotas(policy) else []
    return [Autonomy(at, read, names, **settings), *quotas]
