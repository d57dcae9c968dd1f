"""Reads from the database what a budget's scope has spent. Keeps nothing but what is long over."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any, Protocol

import numpy as np

from fleetglass_detectors.budgets.declared import Budget, Per, Scope
from fleetglass_detectors.budgets.forecast import Path, path
from fleetglass_detectors.budgets.period import Period
from fleetglass_detectors.budgets.spending import Bucket, Spending
from fleetglass_detectors.database import Database

SQL = files("fleetglass_detectors.budgets")
SPEND = (SQL / "spend.sql").read_text()
RUNS = (SQL / "runs.sql").read_text()
TENANTS = (SQL / "tenants.sql").read_text()

STEP = {Per.HOUR: 60, Per.DAY: 300, Per.MONTH: 3600}
"""Seconds of a bucket of what is not of the last hours."""
FINE_S = {Per.HOUR: 3600, Per.DAY: 7200, Per.MONTH: 6 * 3600}
LOOK_BACK_S = {Per.HOUR: 0, Per.DAY: 0, Per.MONTH: 7 * 86_400}
"""What of the time before a period is read with it, for rates: a week has a weekend in it."""
PAST = {Per.HOUR: 72, Per.DAY: 42, Per.MONTH: 13}
"""How many periods that are over are looked at."""
MOST_RUNS = 200
ENOUGH_ALIKE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    tenant: str
    run_id: str
    cost: Decimal
    unpriced: int
    first_ns: int
    is_over: bool


class Ledger(Protocol):
    """What the database knows of spending."""

    def spending(self, scope: Scope, period: Period, now: int) -> Spending: ...
    def paths(self, budget: Budget, period: Period, now: int) -> Sequence[Path]:
        """How the periods before it went on from the same point, the latest first."""
        ...

    def runs(
        self, scope: Scope, since: int, until: int, least: Decimal, *, most: int = MOST_RUNS
    ) -> Sequence[Run]:
        """Return the runs of that time that cost `least` or more, the most expensive first."""
        ...

    def tenants(self, scope: Scope, period: Period) -> Sequence[str]: ...


class DatabaseLedger:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._past: dict[str, tuple[Period, Sequence[Period], Spending]] = {}

    def spending(self, scope: Scope, period: Period, now: int) -> Spending:
        since = period.start - LOOK_BACK_S[period.per]
        step = STEP[period.per]
        # Where one size of buckets gives way to the other is where both begin one.
        fine = since + max(0, now - FINE_S[period.per] - since) // step * step
        return self._spending(scope, {"since": since, "until": period.end, "fine": fine}, step)

    def paths(self, budget: Budget, period: Period, now: int) -> Sequence[Path]:
        known = self._past.get(budget.name)
        if known is None or known[0] != period:
            known = self._past[budget.name] = (period, *self._over(budget.scope, period))
        _, periods, spending = known
        at = np.array([bucket.at for bucket in spending.buckets], np.int64)
        cost = np.array([float(bucket.cost) for bucket in spending.buckets])
        step = STEP[period.per]
        return [
            path(at, cost, past, point=period.same_point(now, past), step=step) for past in periods
        ]

    def runs(
        self, scope: Scope, since: int, until: int, least: Decimal, *, most: int = MOST_RUNS
    ) -> Sequence[Run]:
        given = {"since": since, "until": until, "least": f"{least:f}", "most": most}
        return [
            Run(
                tenant=row["tenant"],
                run_id=row["run_id"],
                cost=Decimal(row["cost"]),
                unpriced=int(row["unpriced"]),
                first_ns=int(row["first_ns"]),
                is_over=bool(row["over"]),
            )
            for row in self._rows(RUNS, asdict(scope) | given)
        ]

    def tenants(self, scope: Scope, period: Period) -> Sequence[str]:
        given = asdict(scope) | {"since": period.start, "until": period.end}
        return [row["tenant"] for row in self._rows(TENANTS, given)]

    def _over(self, scope: Scope, period: Period) -> tuple[Sequence[Period], Spending]:
        """Periods that are over and like this one, and what was spent in them.

        Not those without any spending; nor the first with some, which may have begun in its middle.
        """
        before = [*period.before(PAST[period.per])]
        since, until, step = before[-1].start, period.start, STEP[period.per]
        spending = self._spending(scope, {"since": since, "until": until, "fine": until}, step)
        spent = [one for one in before if _has_some(spending, one)][:-1]
        alike = [one for one in spent if one.is_weekend == period.is_weekend]
        # Weekends are like weekends, once there are enough of them to tell.
        periods = alike if period.per is Per.DAY and len(alike) >= ENOUGH_ALIKE else spent
        return periods, spending

    def _spending(self, scope: Scope, given: Mapping[str, int], step: int) -> Spending:
        rows = self._rows(SPEND, {**asdict(scope), **given, "step": step})
        return Spending(
            [
                Bucket(at=int(row["at"]), cost=Decimal(row["cost"]), unpriced=int(row["unpriced"]))
                for row in rows
            ]
        )

    def _rows(self, sql: str, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        answer = self._database.query(sql, parameters=given)
        return (json.loads(line) for line in answer.splitlines())


def _has_some(spending: Spending, period: Period) -> bool:
    return any(period.start <= one.at < period.end and one.cost > 0 for one in spending.buckets)
