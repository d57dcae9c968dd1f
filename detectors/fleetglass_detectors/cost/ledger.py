"""Reads from the database what runs cost: the exact sums, even if spans came twice or late."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from fleetglass_detectors.alarms.evidence import BoolArray, FloatArray
from fleetglass_detectors.cost.usage import Usage
from fleetglass_detectors.database import Database

SQL = files("fleetglass_detectors.cost")
RUNS, BEGUN, CELLS, RUN, PRICES, USERS = (
    Template((SQL / f"{name}.sql").read_text())
    for name in ("runs", "begun", "cells", "run", "prices", "users")
)
NUMBERS = (
    "cost",
    "unpriced",
    "tokens",
    "input_tokens",
    "cache_read_tokens",
    "calls",
    "failed_calls",
    "largest_input",
    "ended",
)
LAST = 2**64 - 1
SECOND_NS, DAY_NS = 1_000_000_000, 86_400_000_000_000
# Rows of a run from more than two days before the first segment are not counted.
BACK_NS = 2 * DAY_NS
MOST_EXPENSIVE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An agent, a cohort, a model or a tenant, whose runs are counted together."""

    tenant: str
    about: str
    name: str

    def __str__(self) -> str:
        return f"{self.tenant}\0{self.about}\0{self.name}"

    @classmethod
    def of(cls, text: str) -> "Key":
        tenant, about, name = text.split("\0", 2)
        return cls(tenant=tenant, about=about, name=name)

    def has(self, cell: "Cell") -> bool:
        return self.about == "tenant" or getattr(cell, self.about) == self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRows:
    """The present state of runs: one row for each run and each key that the run counts to."""

    numbers: Sequence[int]
    keys: Sequence[str]
    runs: Sequence[str]
    columns: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.keys)

    def where(self, which: BoolArray) -> "RunRows":
        places = np.flatnonzero(which).tolist()
        return RunRows(
            numbers=[self.numbers[n] for n in places],
            keys=[self.keys[n] for n in places],
            runs=[self.runs[n] for n in places],
            columns={name: column[which] for name, column in self.columns.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    agent: str
    cohort: str
    model: str
    usage: Usage
    most_expensive: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The trace of a run, and its last span."""

    run: int
    trace_id: str
    first_ns: int
    last_ns: int
    segment: int
    span: int


class Ledger:
    def __init__(self, database: Database) -> None:
        self._database = database

    def settled(self) -> int:
        """The last segment up to which every span has its agent and its price."""
        answer = self._database.query(
            "SELECT argMax(segment, at) FROM settled HAVING count() > 0", fmt="TSVRaw"
        )
        return int(answer or 0)

    def updated(self, after: int, up_to: int) -> RunRows:
        """The runs that have spans in these segments."""
        return self._runs(after, up_to=up_to, quiet_since=LAST)

    def fell_silent(self, after: int, up_to: int) -> RunRows:
        """The runs whose last span is in these segments."""
        return self._runs(after, up_to=LAST, quiet_since=up_to)

    def begun(self, since_ns: int, until_ns: int) -> dict[int, dict[str, float]]:
        """How many runs of each key began in each minute."""
        sql = BEGUN.substitute(since=_stamp(since_ns), until=_stamp(until_ns))
        by_minute: dict[int, dict[str, float]] = {}
        for minute, *names, runs in zip(*self._columns(sql, 5), strict=True):
            by_minute.setdefault(int(minute) * SECOND_NS, {})["\0".join(names)] = float(runs)
        return by_minute

    def cells(self, tenant: str, since_ns: int, until_ns: int) -> list[Cell]:
        """What the tenant's runs that began in this period used and cost."""
        sql = CELLS.substitute(since=_stamp(since_ns), until=_stamp(until_ns), top=MOST_EXPENSIVE)
        return [_cell(row) for row in self._rows(sql, {"tenant": tenant})]

    def place(self, tenant: str, run: str) -> Place | None:
        rows = [*self._rows(RUN.substitute(), {"tenant": tenant, "run": run})]
        if not rows:
            return None
        row = rows[0]
        trace_id = str(row.pop("trace_id"))
        return Place(trace_id=trace_id, **{name: int(value) for name, value in row.items()})

    def prices(self) -> dict[str, str]:
        """A digest of each price, by provider, model and service tier."""
        rows = self._columns(PRICES.substitute(), 4)
        *names, digests = rows
        return dict(zip(map("\0".join, zip(*names, strict=True)), digests, strict=True))

    def users(self, models: Sequence[str], since_ns: int) -> list[str]:
        """The keys whose runs recently used one of these models; all keys, if there is none."""
        sql = USERS.substitute(since=_stamp(since_ns)[:10])
        rows = [*self._rows(sql, {"models": [*models]})]
        used = [row for row in rows if row["uses"]] or rows
        return [f"{row['tenant']}\0{row['about']}\0{row['name']}" for row in used]

    def _runs(self, after: int, *, up_to: int, quiet_since: int) -> RunRows:
        # A segment's number is the nanosecond at which it began.
        since_day = _stamp(max(0, after - BACK_NS))[:10]
        limits = {"after": max(0, after), "up_to": up_to, "quiet_since": quiet_since}
        numbers, tenants, abouts, names, runs, *rest = self._columns(
            RUNS.substitute(limits, since_day=since_day), 5 + len(NUMBERS)
        )
        keys = [f"{t}\0{a}\0{n}" for t, a, n in zip(tenants, abouts, names, strict=True)]
        columns = {
            name: np.array([*map(float, values)])
            for name, values in zip(NUMBERS, rest, strict=True)
        }
        return RunRows(numbers=[*map(int, numbers)], keys=keys, runs=runs, columns=columns)

    def _columns(self, sql: str, width: int) -> list[Any]:
        answer = self._database.query(sql, fmt="JSONCompactColumns")
        # An answer without rows has no columns.
        return json.loads(answer) or [[] for _ in range(width)]

    def _rows(self, sql: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        return map(json.loads, self._database.query(sql, parameters=parameters).splitlines())


def _cell(row: dict[str, Any]) -> Cell:
    cost = Decimal(row.pop("cost"))
    names = {name: row.pop(name) for name in ("agent", "cohort", "model")}
    most_expensive = tuple(row.pop("most_expensive"))
    usage = Usage(cost=cost, **{name: float(value) for name, value in row.items()})
    return Cell(**names, usage=usage, most_expensive=most_expensive)


def _stamp(ns: int) -> str:
    seconds = min(max(0, ns), 4_102_444_800 * SECOND_NS) // SECOND_NS
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
