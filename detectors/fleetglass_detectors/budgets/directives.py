"""What agents are told where a budget is hard: rows of the table that their guards go by.

A directive of a budget ends with the budget's period, and is lifted before that only where the
budget turns out not to be spent, as after a correction of prices. Where people had their say since
it was given, it is not given again in this period: that is theirs to decide.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files

from fleetglass_detectors.budgets.declared import Hard, Scope
from fleetglass_detectors.database import Database

SQL = files("fleetglass_detectors.budgets")
SPOKEN = (SQL / "directives.sql").read_text()
BUDGETS = "fleetglass budget "


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What somebody said to a scope; its last word of several."""

    scope: Scope
    by: str
    action: str
    every_s: float
    ends: int
    """Unix seconds; 0 is until it is lifted."""
    first_us: int
    last_us: int

    @property
    def is_person(self) -> bool:
        return not self.by.startswith(BUDGETS)

    def counts(self, now: int) -> bool:
        """Whether it has not ended yet."""
        return self.ends == 0 or self.ends > now

    def holds(self, now: int) -> bool:
        return self.action != "resume" and self.counts(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a budget wants to be told to a scope, which names a tenant."""

    scope: Scope
    by: str
    hard: Hard
    until: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    given: tuple[Order, ...] = ()
    """To be written now."""
    standing: tuple[Order, ...] = ()
    """Given before, or told by somebody else as strictly."""
    left: tuple[tuple[Order, str], ...] = ()
    """What somebody changed since it was given, and who."""


def decide(orders: Iterable[Order], spoken: Sequence[Spoken], now: int) -> Outcome:
    """`spoken` is in the order of time."""
    given: list[Order] = []
    standing: list[Order] = []
    left: list[tuple[Order, str]] = []
    for order in orders:
        if order.until <= now:
            # Of a period that is over: whoever was away then has missed it.
            continue
        told = [one for one in spoken if one.scope == order.scope]
        mine = next((one for one in told if (one.by, one.ends) == (order.by, order.until)), None)
        last = told[-1] if told else None
        if by := _changed_by(told, mine, now):
            left.append((order, by))
        elif last and last.holds(now) and strictness(last) >= strictness(order.hard):
            standing.append(order)
        else:
            given.append(order)
    return Outcome(given=tuple(given), standing=tuple(standing), left=tuple(left))


def _changed_by(told: Sequence[Spoken], mine: Spoken | None, now: int) -> str:
    """Who said something else since a budget first spoke, and for how long that is to be so."""
    people = [one for one in told if mine and one.is_person and one.last_us > mine.first_us]
    return next((one.by for one in reversed(people) if one.counts(now)), "")


def unwanted(orders: Sequence[Order], spoken: Sequence[Spoken], now: int) -> list[Spoken]:
    """Directives of budgets that are not spent, or are hard no more."""
    wanted = {(order.scope, order.by) for order in orders}
    last = {one.scope: one for one in spoken}
    return [
        one
        for one in last.values()
        if not one.is_person and one.holds(now) and (one.scope, one.by) not in wanted
    ]


def strictness(told: Spoken | Hard) -> tuple[bool, float]:
    return told.action == "halt", told.every_s


class Directives:
    """The table, as budgets read and write it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> int:
        """By the clock that says what has ended."""
        return int(self._database.query("SELECT toUnixTimestamp(now())", fmt="TSVRaw"))

    def spoken(self) -> list[Spoken]:
        rows = map(json.loads, self._database.query(SPOKEN).splitlines())
        return [
            Spoken(
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

    def lift(self, unwanted: Iterable[Spoken]) -> None:
        again = Hard(action="resume")
        reason = "the budget is not spent, or is hard no more"
        self._write(
            _row(one.scope, again, by=one.by, until=one.ends, reason=reason) for one in unwanted
        )

    def _write(self, rows: Iterable[bytes]) -> None:
        lines = b"\n".join(rows)
        if lines:
            self._database.insert("directives", lines)


def _row(scope: Scope, hard: Hard, *, by: str, until: int, reason: str) -> bytes:
    told = {"action": hard.action, "every_s": hard.every_s, "until": until}
    return json.dumps(asdict(scope) | told | {"by": by, "reason": reason}).encode()
