"""Reads from the database what the scope of a budget has spent, and keeps only past periods."""

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
"""Length of the buckets in seconds; recent buckets are of a minute."""
FINE_S = {Per.HOUR: 3600, Per.DAY: 7200, Per.MONTH: 6 * 3600}
"""For how many seconds back buckets are of a minute."""
LOOK_BACK_S = {Per.HOUR: 0, Per.DAY: 0, Per.MONTH: 7 * 86_400}
"""Seconds before the period that are read with it, for rates; a week includes a weekend."""
PAST_PERIODS = {Per.HOUR: 72, Per.DAY: 42, Per.MONTH: 13}
"""How many past periods a forecast may use."""
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
    """What budgets read about spending."""

    def spending(self, scope: Scope, period: Period, now: int) -> Spending: ...
    def paths(self, budget: Budget, period: Period, now: int) -> Sequence[Path]:
        """Return how earlier periods went on from the same point, the latest first."""
        ...

    def runs(
        self, scope: Scope, since: int, until: int, least: Decimal, *, most: int = MOST_RUNS
    ) -> Sequence[Run]:
        """Return the runs in that time that cost `least` or more, the most expensive first."""
        ...

    def tenants(self, scope: Scope, period: Period) -> Sequence[str]: ...


class DatabaseLedger:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._past: dict[str, tuple[Period, Sequence[Period], Spending]] = {}

    def spending(self, scope: Scope, period: Period, now: int) -> Spending:
        since = period.start - LOOK_BACK_S[period.per]
        step = STEP[period.per]
        # The change from long to short buckets is at the start of a long bucket.
        fine = since + max(0, now - FINE_S[period.per] - since) // step * step
        return self._spending(scope, {"since": since, "until": period.end, "fine": fine}, step)

    def paths(self, budget: Budget, period: Period, now: int) -> Sequence[Path]:
        known = self._past.get(budget.name)
        if known is None or known[0] != period:
            known = self._past[budget.name] = (period, *self._past_of(budget.scope, period))
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
        parameters = {"since": since, "until": until, "least": f"{least:f}", "most": most}
        return [
            Run(
                tenant=row["tenant"],
                run_id=row["run_id"],
                cost=Decimal(row["cost"]),
                unpriced=int(row["unpriced"]),
                first_ns=int(row["first_ns"]),
                is_over=bool(row["over"]),
            )
            for row in self._rows(RUNS, asdict(scope) | parameters)
        ]

    def tenants(self, scope: Scope, period: Period) -> Sequence[str]:
        parameters = asdict(scope) | {"since": period.start, "until": period.end}
        return [row["tenant"] for row in self._rows(TENANTS, parameters)]

    def _past_of(self, scope: Scope, period: Period) -> tuple[Sequence[Period], Spending]:
        """Return the past periods that are like this one, and the spending in them.

        Periods without spending are left out. So is the first period with spending, because the
        spending may have begun in its middle.
        """
        before = [*period.before(PAST_PERIODS[period.per])]
        since, until, step = before[-1].start, period.start, STEP[period.per]
        spending = self._spending(scope, {"since": since, "until": until, "fine": until}, step)
        spent = [one for one in before if _has_spending(spending, one)][:-1]
        alike = [one for one in spent if one.is_weekend == period.is_weekend]
        # Days are compared with weekends or with weekdays only, once there are enough of them.
        periods = alike if period.per is Per.DAY and len(alike) >= ENOUGH_ALIKE else spent
        return periods, spending

    def _spending(self, scope: Scope, bounds: Mapping[str, int], step: int) -> Spending:
        rows = self._rows(SPEND, {**asdict(scope), **bounds, "step": step})
        return Spending(
            [
                Bucket(at=int(row["at"]), cost=Decimal(row["cost"]), unpriced=int(row["unpriced"]))
                for row in rows
            ]
        )

    def _rows(self, sql: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        answer = self._database.query(sql, parameters=parameters)
        return (json.loads(line) for line in answer.splitlines())


def _has_spending(spending: Spending, period: Period) -> bool:
    return any(period.start <= one.at < period.end and one.cost > 0 for one in spending.buckets)
