"""The directives of hard budgets: rows of a table that the guards of agents obey.

A directive of a budget ends with the budget's period. The budget lifts it earlier only if the money
turns out not to be spent, for example after a correction of prices. If a person gave another
directive since then, the budget does not give its own again in this period: the person decides.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.audit.log import Log
from fleetglass_detectors.budgets.declared import Hard, Scope
from fleetglass_detectors.database import Database

SQL = files("fleetglass_detectors.budgets")
DIRECTIVES_QUERY = (SQL / "directives.sql").read_text()
BUDGET_PREFIX = "fleetglass budget "


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDirective:
    """The latest directive that one person or budget gave to a scope."""

    scope: Scope
    by: str
    action: str
    every_s: float
    ends: int
    """Unix seconds. 0 means that it holds until someone lifts it."""
    first_us: int
    last_us: int

    @property
    def is_person(self) -> bool:
        return not self.by.startswith(BUDGET_PREFIX)

    def is_current(self, now: int) -> bool:
        """Return whether it has not ended yet."""
        return self.ends == 0 or self.ends > now

    def restricts(self, now: int) -> bool:
        """Return whether it stops or slows agents now."""
        return self.action != "resume" and self.is_current(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A directive that a budget wants to give to a scope, which always names a tenant."""

    scope: Scope
    by: str
    hard: Hard
    until: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    new: tuple[Order, ...] = ()
    """To be written now."""
    in_force: tuple[Order, ...] = ()
    """The scope already has a directive that is as strict, from this budget or someone else."""
    overruled: tuple[tuple[Order, str], ...] = ()
    """Changed by a person after the budget gave it, with the name of the person."""


def decide(orders: Iterable[Order], past: Sequence[PastDirective], now: int) -> Outcome:
    """Return which orders are new, already in force or overruled; `past` is in time order."""
    new: list[Order] = []
    in_force: list[Order] = []
    overruled: list[tuple[Order, str]] = []
    for order in orders:
        if order.until <= now:
            # The period is over, so the order would come too late.
            continue
        same_scope = [one for one in past if one.scope == order.scope]
        mine = next(
            (one for one in same_scope if (one.by, one.ends) == (order.by, order.until)), None
        )
        last = same_scope[-1] if same_scope else None
        if person := _overruled_by(same_scope, mine, now):
            overruled.append((order, person))
        elif last and last.restricts(now) and strictness(last) >= strictness(order.hard):
            in_force.append(order)
        else:
            new.append(order)
    return Outcome(new=tuple(new), in_force=tuple(in_force), overruled=tuple(overruled))


def _overruled_by(same_scope: Sequence[PastDirective], mine: PastDirective | None, now: int) -> str:
    """Return the person who gave a directive after the budget did, if that has not ended."""
    people = [one for one in same_scope if mine and one.is_person and one.last_us > mine.first_us]
    return next((one.by for one in reversed(people) if one.is_current(now)), "")


def unwanted(
    orders: Sequence[Order], past: Sequence[PastDirective], now: int
) -> list[PastDirective]:
    """Return the directives of budgets that are not spent, or are no longer hard."""
    ordered = {(order.scope, order.by) for order in orders}
    last = {one.scope: one for one in past}
    return [
        one
        for one in last.values()
        if not one.is_person and one.restricts(now) and (one.scope, one.by) not in ordered
    ]


def strictness(directive: PastDirective | Hard) -> tuple[bool, float]:
    return directive.action == "halt", directive.every_s


class Directives:
    """The table of directives in the database, which budgets read and write."""

    def __init__(self, database: Database, log: Log | None = None) -> None:
        self._database = database
        self._log = log

    def now(self) -> int:
        """Return the time by the clock of the database, which decides what has ended."""
        return int(self._database.query("SELECT toUnixTimestamp(now())", fmt="TSVRaw"))

    def past(self) -> list[PastDirective]:
        rows = map(json.loads, self._database.query(DIRECTIVES_QUERY).splitlines())
        return [
            PastDirective(
                scope=Scope(tenant=row["tenant"], agent=row["agent"], cohort=row["cohort"]),
                by=row["by"],
                action=row["action"],
                every_s=float(row["every_s"]),
                ends=int(row["ends"]),
                first_us=int(row["first_us"]),
                last_us=int(row["last_us"]),
            )
            for row in rows
        ]

    def give(self, orders: Iterable[Order]) -> None:
        self._write(
            _row(order.scope, order.hard, by=order.by, until=order.until, reason=order.reason)
            for order in orders
        )

    def lift(self, unwanted: Iterable[PastDirective]) -> None:
        resume = Hard(action="resume")
        reason = "the budget is not spent, or is no longer hard"
        self._write(
            _row(one.scope, resume, by=one.by, until=one.ends, reason=reason) for one in unwanted
        )

    def _write(self, rows: Iterable[dict[str, Any]]) -> None:
        orders = [*rows]
        if not orders:
            return
        if self._log:
            self._log.write(self._database, [_event(row) for row in orders])
        self._database.insert("directives", "\n".join(map(json.dumps, orders)).encode())


def _row(scope: Scope, hard: Hard, *, by: str, until: int, reason: str) -> dict[str, Any]:
    action = {"action": hard.action, "every_s": hard.every_s, "until": until}
    return asdict(scope) | action | {"by": by, "reason": reason}


def _event(row: Mapping[str, Any]) -> Event:
    body = {name: value for name, value in row.items() if name not in ("by", "tenant")}
    return Event(kind="directive", by=row["by"], tenant=row["tenant"], body=body)
