"""Raises signals before a budget is spent and when it is spent, and stops agents if it is hard.

It learns nothing from spans. At each look it asks the database, which has each span once, at the
price that is known now, in the minute in which the span began. So spans that come late or twice, or
whose price is corrected, are counted as if all had been right at once. A restart loses nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from typing import Any, Literal, Protocol, cast

from fleetglass_detectors.audit.log import Log
from fleetglass_detectors.budgets import messages, signals
from fleetglass_detectors.budgets.declared import Budget, Per
from fleetglass_detectors.budgets.directives import (
    Directives,
    Order,
    Outcome,
    PastDirective,
    decide,
    unwanted,
)
from fleetglass_detectors.budgets.finding import NEARLY, Finding, finding
from fleetglass_detectors.budgets.ledger import DatabaseLedger, Ledger
from fleetglass_detectors.budgets.period import Period, period_of
from fleetglass_detectors.budgets.spending import NOTHING, Spending
from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import Detector, State
from fleetglass_detectors.signal import Evidence, Signal
from fleetglass_detectors.spans import Batch

SECOND_NS = 1_000_000_000
LOOK_EVERY_NS = 5 * SECOND_NS
# A finding that continues is repeated at this pace.
REPEAT_EVERY_S = 15
# Prices and owners of spans are settled within seconds, and a sum may fall while that happens.
LIFT_AFTER_S = 60
# Runs that have been silent for longer are not reported.
RECENT_S = 600
# A month has many runs. People can still do something about the runs of the last day.
SHOWN_RUNS, DAY_S = 5, 86_400
# The seconds that the database can count, with a month of room at each end.
EARLIEST, LATEST = 86_400 * 40, 2**32 - 86_400 * 40


class DirectiveTable(Protocol):
    """The directives that were given, and a way to give more."""

    def now(self) -> int: ...
    def past(self) -> Sequence[PastDirective]: ...
    def give(self, orders: Iterable[Order]) -> None: ...
    def lift(self, unwanted: Iterable[PastDirective]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The present state of one budget."""

    budget: Budget
    period: Period
    spending: Spending
    finding: Finding


class Budgets:
    name = "budgets"
    by: Literal["agent"] = "agent"

    def __init__(
        self, budgets: Sequence[Budget], zone: tzinfo, ledger: Ledger, directives: DirectiveTable
    ) -> None:
        self._budgets = budgets
        self._zone = zone
        self._ledger = ledger
        self._directives = directives
        self._look_ns = 0
        # By budget, the stage that was reported last, and when.
        self._reported: dict[str, tuple[str, int]] = {}
        # By directive, since when no budget wants it any more.
        self._unwanted: dict[tuple[str, str, str, str], int] = {}

    def keys(self) -> int:
        return len(self._budgets)

    def update(self, batch: Batch) -> Iterable[Signal]:
        now = batch.now_ns // SECOND_NS
        if batch.now_ns < self._look_ns or not EARLIEST < now < LATEST:
            return ()
        self._look_ns = batch.now_ns + LOOK_EVERY_NS
        return [*self._look(now)]

    def state(self) -> State:
        return {
            "look_ns": self._look_ns,
            "said": self._reported.copy(),
            "unwanted": self._unwanted.copy(),
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self._look_ns = held["look_ns"]
        self._reported, self._unwanted = held["said"].copy(), held["unwanted"].copy()

    def _look(self, now: int) -> Iterator[Signal]:
        timed = [one for one in self._budgets if one.per is not Per.RUN]
        looks = [look for budget in timed if (look := self._look_at(budget, now))]
        outcome = self._order(looks, now)
        for look in looks:
            key = f"{look.finding.stage} {look.finding.level}"
            if self._is_due(look.budget, key, now):
                yield self._signal(look, outcome, now)
        for budget in self._budgets:
            if budget.per is Per.RUN and (signal := self._runs(budget, now)):
                yield signal

    def _look_at(self, budget: Budget, now: int) -> Look | None:
        period = period_of(budget.per, now, self._zone)
        spending = self._ledger.spending(budget.scope, period, now)
        paths = partial(self._ledger.paths, budget, period, now)
        current = finding(budget, period, spending, now, paths)
        if current is None:
            return None
        return Look(budget=budget, period=period, spending=spending, finding=current)

    def _order(self, looks: Sequence[Look], now: int) -> Outcome:
        """Give the directives of hard budgets that are spent; lift those that none wants now."""
        spent = [one for one in looks if one.finding.stage == "spent" and one.budget.hard]
        orders = [order for look in spent for order in self._orders(look)]
        past = self._directives.past()
        if not orders and not past:
            return Outcome()
        # After a stop, the spans may be hours old, but the directives must fit the present.
        now = max(now, self._directives.now())
        outcome = decide(orders, past, now)
        self._directives.give(outcome.new)
        self._directives.lift(self._long_unwanted(unwanted(orders, past, now), now))
        return outcome

    def _orders(self, look: Look) -> Iterator[Order]:
        budget, scope, end = look.budget, look.budget.scope, look.period.end
        assert budget.hard
        tenants = [scope.tenant] if scope.tenant else self._ledger.tenants(scope, look.period)
        reason = messages.reason(budget, look.period, look.finding)
        for tenant in tenants:
            yield Order(
                scope=replace(scope, tenant=tenant),
                by=budget.by,
                hard=budget.hard,
                until=end,
                reason=reason,
            )

    def _long_unwanted(self, seen: Sequence[PastDirective], now: int) -> list[PastDirective]:
        """Return the directives that no budget has wanted for a while."""
        keyed = {(s.scope.tenant, s.scope.agent, s.scope.cohort, s.by): s for s in seen}
        self._unwanted = {key: self._unwanted.get(key, now) for key in keyed}
        return [one for key, one in keyed.items() if now - self._unwanted[key] >= LIFT_AFTER_S]

    def _signal(self, look: Look, outcome: Outcome, now: int) -> Signal:
        since = max(look.period.start, now - DAY_S)
        end = look.period.end
        most_expensive = self._ledger.runs(look.budget.scope, since, end, NOTHING, most=SHOWN_RUNS)
        directives = [*_notes(look.budget, outcome)]
        others: Evidence = {
            "runs": [f"{run.run_id} {signals.exact(run.cost)}" for run in most_expensive],
            "directives": directives,
        }
        why = [f"most expensive runs: {messages.runs(most_expensive)}"] if most_expensive else []
        return signals.signal(
            look.budget,
            look.period,
            look.finding,
            now,
            spending=look.spending,
            others=others,
            why=[*why, *directives],
        )

    def _runs(self, budget: Budget, now: int) -> Signal | None:
        least = NEARLY * budget.usd
        runs = self._ledger.runs(budget.scope, now - RECENT_S, LATEST, least)
        signal = signals.runs_signal(budget, runs, now)
        if signal is None:
            return None
        key = f"{signal.evidence['stage']} {signal.evidence['over']}"
        return signal if self._is_due(budget, key, now) else None

    def _is_due(self, budget: Budget, key: str, now: int) -> bool:
        report = (key, now // REPEAT_EVERY_S)
        is_due = self._reported.get(budget.name) != report
        self._reported[budget.name] = report
        return is_due


def detectors(
    budgets: Sequence[Budget], zone: tzinfo, database: Database, log: Log | None = None
) -> list[Detector]:
    """Return one detector for all budgets, or none if no budget is declared."""
    if not budgets:
        return []
    return [Budgets(budgets, zone, DatabaseLedger(database), Directives(database, log))]


def _notes(budget: Budget, outcome: Outcome) -> Iterator[str]:
    """Yield what the budget has ordered, and what a person has changed."""
    for order in (*outcome.new, *outcome.in_force):
        if order.by == budget.by:
            yield f"directive to {order.scope}: {order.hard}"
    for order, by in outcome.overruled:
        if order.by == budget.by:
            yield f"no directive again to {order.scope}: {by} changed it"
