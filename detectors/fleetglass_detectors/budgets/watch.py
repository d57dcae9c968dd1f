"""Says when a budget is about to be spent, and when it is; and stops agents where that was asked.

It is no learner of spans: at each look it asks the database, which has every span once, at its
price as it is known now, in the minute in which it began. So what comes late, twice, or at another
price is counted as if it had come in time, and what a restart has forgotten is asked again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from typing import Any, Literal, Protocol, cast

from fleetglass_detectors.budgets import signals, words
from fleetglass_detectors.budgets.declared import Budget, Per
from fleetglass_detectors.budgets.directives import (
    Directives,
    Order,
    Outcome,
    Spoken,
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
# What goes on is said now and then.
SAY_EVERY_S = 15
# Prices and owners of spans are settled within seconds; then a sum may dip.
LIFT_AFTER_S = 60
# A run that nobody heard of for so long is no news.
RECENT_S = 600
# A month has many runs; people can still do something about those of the last day.
SHOWN_RUNS, DAY_S = 5, 86_400
# Seconds that the database can count, and a month less.
EARLIEST, LATEST = 86_400 * 40, 2**32 - 86_400 * 40


class Told(Protocol):
    """The directives there are, and a way to give more."""

    def now(self) -> int: ...
    def spoken(self) -> Sequence[Spoken]: ...
    def give(self, orders: Iterable[Order]) -> None: ...
    def lift(self, unwanted: Iterable[Spoken]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One budget as it stands."""

    budget: Budget
    period: Period
    spending: Spending
    found: Finding


class Budgets:
    name = "budgets"
    by: Literal["agent"] = "agent"

    def __init__(
        self, budgets: Sequence[Budget], zone: tzinfo, ledger: Ledger, directives: Told
    ) -> None:
        self._budgets = budgets
        self._zone = zone
        self._ledger = ledger
        self._directives = directives
        self._look_ns = 0
        # By budget, the stage that was told, and in which minute.
        self._said: dict[str, tuple[str, int]] = {}
        # Since when a directive seems to be for nothing.
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
            "said": self._said.copy(),
            "unwanted": self._unwanted.copy(),
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self._look_ns = held["look_ns"]
        self._said, self._unwanted = held["said"].copy(), held["unwanted"].copy()

    def _look(self, now: int) -> Iterator[Signal]:
        timed = [one for one in self._budgets if one.per is not Per.RUN]
        looks = [look for budget in timed if (look := self._look_at(budget, now))]
        outcome = self._order(looks, now)
        for look in looks:
            key = f"{look.found.stage} {look.found.level}"
            if self._is_due(look.budget, key, now):
                yield self._signal(look, outcome, now)
        for budget in self._budgets:
            if budget.per is Per.RUN and (signal := self._runs(budget, now)):
                yield signal

    def _look_at(self, budget: Budget, now: int) -> Look | None:
        period = period_of(budget.per, now, self._zone)
        spending = self._ledger.spending(budget.scope, period, now)
        past = partial(self._ledger.paths, budget, period, now)
        found = finding(budget, period, spending, now, past)
        if found is None:
            return None
        return Look(budget=budget, period=period, spending=spending, found=found)

    def _order(self, looks: Sequence[Look], now: int) -> Outcome:
        """Give what hard budgets want to be given, and lift what none wants any more."""
        spent = [one for one in looks if one.found.stage == "spent" and one.budget.hard]
        orders = [order for look in spent for order in self._orders(look)]
        spoken = self._directives.spoken()
        if not orders and not spoken:
            return Outcome()
        # Behind by hours, after a stop, it must not give what would have been right then.
        now = max(now, self._directives.now())
        outcome = decide(orders, spoken, now)
        self._directives.give(outcome.given)
        self._directives.lift(self._for_nothing(unwanted(orders, spoken, now), now))
        return outcome

    def _orders(self, look: Look) -> Iterator[Order]:
        budget, scope, end = look.budget, look.budget.scope, look.period.end
        assert budget.hard
        tenants = [scope.tenant] if scope.tenant else self._ledger.tenants(scope, look.period)
        reason = words.reason(budget, look.period, look.found)
        for tenant in tenants:
            yield Order(
                scope=replace(scope, tenant=tenant),
                by=budget.by,
                hard=budget.hard,
                until=end,
                reason=reason,
            )

    def _for_nothing(self, seen: Sequence[Spoken], now: int) -> list[Spoken]:
        """Those that have seemed to be so for a while."""
        keyed = {(s.scope.tenant, s.scope.agent, s.scope.cohort, s.by): s for s in seen}
        self._unwanted = {key: self._unwanted.get(key, now) for key in keyed}
        return [one for key, one in keyed.items() if now - self._unwanted[key] >= LIFT_AFTER_S]

    def _signal(self, look: Look, outcome: Outcome, now: int) -> Signal:
        since = max(look.period.start, now - DAY_S)
        end = look.period.end
        most_expensive = self._ledger.runs(look.budget.scope, since, end, NOTHING, most=SHOWN_RUNS)
        directives = [*_told(look.budget, outcome)]
        others: Evidence = {
            "runs": [f"{run.run_id} {signals.exact(run.cost)}" for run in most_expensive],
            "directives": directives,
        }
        why = [f"most expensive runs: {words.runs(most_expensive)}"] if most_expensive else []
        return signals.signal(
            look.budget,
            look.period,
            look.found,
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
        say = (key, now // SAY_EVERY_S)
        is_due = self._said.get(budget.name) != say
        self._said[budget.name] = say
        return is_due


def detectors(budgets: Sequence[Budget], zone: tzinfo, database: Database) -> list[Detector]:
    """Return one detector for all budgets, or none if no budget is declared."""
    if not budgets:
        return []
    return [Budgets(budgets, zone, DatabaseLedger(database), Directives(database))]


def _told(budget: Budget, outcome: Outcome) -> Iterator[str]:
    for order in (*outcome.given, *outcome.standing):
        if order.by == budget.by:
            yield f"told to {order.scope}: {order.hard}"
    for order, by in outcome.left:
        if order.by == budget.by:
            yield f"not told again to {order.scope}: {by} changed that"
