"""Asks the store what was spent, by whom, in a period and in the one before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.resources import files
from string import Template
from typing import Any

from fleetglass_collector.store.reader import Reader
from fleetglass_server.costs.cell import Cell, Counted, Pair, Weights
from fleetglass_server.costs.period import Period

TIMEOUT_S = 120.0
PICO = Decimal("1e-12")
NO_TOOL = ""


def _sql(name: str) -> Template:
    return Template((files("fleetglass_server.costs") / f"{name}.sql").read_text())


SPEND, RUNS, FAILED = _sql("spend"), _sql("runs"), _sql("failed")
TOOLS, MOST_EXPENSIVE, REPORTED = _sql("tools"), _sql("most_expensive"), _sql("reported")
WEIGHTS = _sql("weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that cost much."""

    run: str
    tenant: str
    agent: str
    cost: Decimal
    """Within the period."""
    steps: int
    verdict: str
    """What the detectors say of it; '' for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a provider said that calls of a model cost, and what the same calls cost here."""

    provider: str
    model: str
    calls: int
    reported: Decimal
    cost: Decimal


class Spend:
    def __init__(self, reader: Reader, period: Period) -> None:
        self._reader = reader
        self._period = period

    def cells(self, dimension: str, *, kind: str = "llm") -> list[Cell]:
        """By key and model; `kind` says which spans are its calls."""
        rows = self._ask(SPEND, dimension=dimension, kind=kind)
        found = [_cell(row) for row in rows]
        if kind != "llm" or not any(cell.failed for cell in found):
            return found
        failed = {
            (bool(row["later"]), row["key"], row["of_model"]): int(row["tokens"])
            for row in self._ask(FAILED, dimension=dimension)
        }
        return [
            replace(cell, failed_tokens=failed.get((cell.later, cell.key, cell.model), 0))
            for cell in found
        ]

    def runs(self, dimension: str) -> Counted:
        rows = self._ask(RUNS, dimension=dimension)
        pairs = {row["key"]: _pair(row) for row in rows if not int(row["is_all"])}
        total = next((_pair(row) for row in rows if int(row["is_all"])), (0, 0))
        return Counted(total=total, of=pairs)

    def weights(self) -> dict[str, Weights]:
        """By model, where its price is known."""
        return {
            row["of_model"]: Weights(
                output=float(row["output_weight"]), cached=float(row["cached_weight"])
            )
            for row in self._ask(WEIGHTS)
        }

    def tools(self, total: Pair) -> tuple[list[Cell], Counted]:
        """What the tools' results cost to be read; how often each was called, and in how many runs.

        The cells add up to the same as those of every dimension.
        """
        calls = self.cells("tool", kind="tool")
        rows = self._ask(TOOLS)
        runs: dict[str, list[int]] = {}
        for row in rows:
            runs.setdefault(row["key"], [0, 0])[int(row["later"])] = int(row["runs"])
        counted = {key: (pair[0], pair[1]) for key, pair in runs.items()}
        called = [replace(cell, cost=Decimal(), unpriced=0, **_NO_TOKENS) for cell in calls]
        return [*map(_tool, rows), *called], Counted(total=total, of=counted)

    def most_expensive(self, limit: int) -> list[Run]:
        return [
            Run(
                run=row["run"],
                tenant=row["of_tenant"],
                agent=row["by_agent"],
                cost=Decimal(row["dollars"]),
                steps=int(row["steps"]),
                verdict=row["verdict"],
            )
            for row in self._ask(MOST_EXPENSIVE, param_limit=str(limit))
        ]

    def reported(self) -> list[Reported]:
        return [
            Reported(
                provider=row["by_provider"],
                model=row["of_model"],
                calls=int(row["calls"]),
                reported=Decimal(row["reported"]),
                cost=Decimal(row["dollars"]),
            )
            for row in self._ask(REPORTED)
        ]

    def _ask(self, sql: Template, **given: str) -> list[dict[str, Any]]:
        parameters = {name: text for name, text in given.items() if name.startswith("param_")}
        filled = sql.substitute(given)
        return self._reader.rows(
            filled, timeout_s=TIMEOUT_S, **self._period.parameters, **parameters
        )


_NO_TOKENS: Mapping[str, Any] = {"input": 0, "output": 0, "cached": 0}


def now(reader: Reader) -> int:
    """The database's clock, which panels go by."""
    return int(next(iter(reader.rows("SELECT toUnixTimestamp(now()) AS now")))["now"])


def models_of(cells: list[Cell]) -> Iterator[Cell]:
    """The same by model."""
    return (replace(cell, key=cell.model) for cell in cells)


def _cell(row: Mapping[str, Any]) -> Cell:
    # Depending on the version 64 bits come as a text.
    return Cell(
        later=bool(int(row["later"])),
        key=row["key"],
        model=row["of_model"],
        cost=Decimal(row["dollars"]),
        reported=Decimal(row["reported"]),
        unpriced=int(row["without_price"]),
        input=int(row["tokens_in"]),
        output=int(row["tokens_out"]),
        cached=int(row["tokens_cached"]),
        calls=int(row["calls"]),
        failed=int(row["failed_calls"]),
    )


def _tool(row: Mapping[str, Any]) -> Cell:
    return Cell(
        later=bool(int(row["later"])),
        key=row["key"],
        model="",
        cost=Decimal(row["picodollars"]) * PICO,
        unpriced=int(row["without_price"]),
        input=float(row["tokens_in"]),
        output=float(row["tokens_out"]),
        cached=float(row["tokens_cached"]),
    )


def _pair(row: Mapping[str, Any]) -> tuple[int, int]:
    return int(row["runs_before"]), int(row["runs"])
