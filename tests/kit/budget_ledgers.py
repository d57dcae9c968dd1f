"""What budgets read and write, in memory: spending that is told, and directives that are given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

import numpy as np

from fleetglass_detectors.budgets.declared import Budget, Hard, Per, Scope
from fleetglass_detectors.budgets.directives import Order, PastDirective
from fleetglass_detectors.budgets.forecast import Path
from fleetglass_detectors.budgets.ledger import Run
from fleetglass_detectors.budgets.period import Period, period_of
from fleetglass_detectors.budgets.spending import Bucket, Spending
from fleetglass_detectors.budgets.watch import Budgets
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, Batch

SECOND_NS = 1_000_000_000
NOON = int(datetime(2026, 9, 23, 12, tzinfo=UTC).timestamp())
"""On a Wednesday."""
MIDNIGHT = NOON - 43_200
HALT = Hard(action="halt")


def budget(
    usd: float = 50, per: Per = Per.DAY, *, hard: Hard | None = None, **scope: str
) -> Budget:
    whose = Scope(**scope)
    name = f"{whose} per {per}"
    return Budget(name=name, scope=whose, per=per, usd=Decimal(str(usd)), hard=hard)


def spending(*spent: tuple[int, float]) -> Spending:
    """Of moments and dollars; buckets are of minutes."""
    minutes: dict[int, Decimal] = {}
    for at, usd in spent:
        minute = at // 60 * 60
        minutes[minute] = minutes.get(minute, Decimal(0)) + Decimal(str(usd))
    return Spending([Bucket(at=at, cost=minutes[at]) for at in sorted(minutes)])


def evenly(start: int, end: int, usd: float) -> Spending:
    """So much in all, the same in each minute."""
    minutes = range(start // 60 * 60, end, 60)
    each = round(Decimal(str(usd)) / len(minutes), 12)
    rest = Decimal(str(usd)) - each * (len(minutes) - 1)
    costs = [rest, *[each] * (len(minutes) - 1)]
    return Spending([Bucket(at=at, cost=cost) for at, cost in zip(minutes, costs, strict=True)])


def day(at: int = NOON, zone: tzinfo = UTC) -> Period:
    return period_of(Per.DAY, at, zone)


def even_path(left_s: int, before: float, after: float) -> Path:
    """A period that spent evenly what was left of it."""
    steps = 100
    later = np.arange(1, steps + 1) / steps
    return Path(before, later * left_s, later * after)


@dataclass
class Book:
    """Spending by scope, and no database."""

    spent: dict[Scope, list[tuple[int, float]]] = field(
        default_factory=dict[Scope, list[tuple[int, float]]]
    )
    history: list[Path] = field(default_factory=list[Path])
    most_expensive: list[Run] = field(default_factory=list[Run])
    whose: list[str] = field(default_factory=lambda: ["default"])
    asked: int = 0

    def spend(self, usd: float, at: int, **scope: str) -> None:
        self.spent.setdefault(Scope(**scope), []).append((at, usd))

    def spending(self, scope: Scope, period: Period, now: int) -> Spending:
        self.asked += 1
        until = min(period.end, now + 1)
        inside = [one for one in self.spent.get(scope, []) if period.start <= one[0] < until]
        return spending(*inside)

    def paths(self, budget: Budget, period: Period, now: int) -> Sequence[Path]:
        return self.history

    def runs(
        self, scope: Scope, since: int, until: int, least: Decimal, *, most: int = 200
    ) -> Sequence[Run]:
        return [run for run in self.most_expensive if run.cost >= least][:most]

    def tenants(self, scope: Scope, period: Period) -> Sequence[str]:
        return self.whose


@dataclass
class Told:
    """Directives as the table keeps them."""

    clock: int = 0
    rows: list[PastDirective] = field(default_factory=list[PastDirective])
    written: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    reasons: list[str] = field(default_factory=list[str])

    def now(self) -> int:
        return self.clock

    def past(self) -> Sequence[PastDirective]:
        return sorted(self.rows, key=lambda row: row.last_us)

    def give(self, orders: Iterable[Order]) -> None:
        for order in orders:
            self.reasons.append(order.reason)
            every_s, action = order.hard.every_s, order.hard.action
            self.say(order.scope, action, by=order.by, ends=order.until, every_s=every_s)

    def lift(self, unwanted: Iterable[PastDirective]) -> None:
        for one in unwanted:
            self.say(one.scope, "resume", by=one.by, ends=one.ends)

    def say(
        self, scope: Scope, action: str, *, by: str, ends: int = 0, every_s: float = 0.0
    ) -> None:
        at_us = self.clock * 1_000_000 + len(self.written)
        self.written.append((str(scope), action, by))
        for index, row in enumerate(self.rows):
            if (row.scope, row.by, row.ends) == (scope, by, ends):
                self.rows[index] = replace(row, action=action, every_s=every_s, last_us=at_us)
                return
        row = PastDirective(
            scope=scope,
            by=by,
            action=action,
            every_s=every_s,
            ends=ends,
            first_us=at_us,
            last_us=at_us,
        )
        self.rows.append(row)


@dataclass
class Watched:
    """Budgets over a book, looked at when a test says so."""

    budgets: list[Budget]
    zone: tzinfo = UTC
    book: Book = field(default_factory=Book)
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        self.detector = Budgets(self.budgets, self.zone, self.book, self.told)

    def look(self, at: int) -> list[Signal]:
        self.told.clock = at
        batch = Batch(rows=np.empty(0, SPAN), now_ns=at * SECOND_NS)
        return [*self.detector.update(batch)]
