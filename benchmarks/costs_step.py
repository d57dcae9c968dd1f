"""A step up in an agent's first runs: ours beside two one-line rules, on made and on real costs.

    .venv/bin/python benchmarks/costs_step.py

A key is 80 costs in the order in which they came. A false key is one that a rule flags as it is. A
found one has its costs times ten from the 41st on, and is flagged within 20 runs. No number of our
rule (cost/step) was chosen on these costs: its threshold is one agent in a million, for a thousand
looks at each. A first rule, by ranks, lost to the means on both sets of real costs. So the kind of
our rule, and not its numbers, was chosen with knowledge of them. It demands $0.05 in all, so real
costs are scaled to a mean of two cents.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median

import numpy as np

from fleetglass_detectors.cost.step import REMEMBERED, step_up

DATA = Path(__file__).parents[2] / "shared/data"
LENGTH, BEFORE, WITHIN, TIMES, MEAN = 80, 40, 20, 10.0, 0.02
LAST, RATIO = 6, 5.0
Rule = Callable[[Sequence[float]], bool]

RULES: dict[str, Rule] = {
    "ours": lambda costs: bool(step_up(np.log(costs[-REMEMBERED:]).tolist())),
    "mean of 6 >= 5 x mean before": lambda costs: (
        mean(costs[-LAST:]) >= RATIO * mean(costs[:-LAST])
    ),
    "median of 6 >= 5 x median before": (
        lambda costs: median(costs[-LAST:]) >= RATIO * median(costs[:-LAST])
    ),
}


def main() -> None:
    print(f"{'costs':22}{'keys':>6}  {'rule':34}{'false keys':>11}{'found':>8}{'runs':>6}")
    for name, keys in sources():
        for rule, fires in RULES.items():
            false = sum(first(fires, key, start=LAST * 3) is not None for key in keys)
            delays = [
                first(fires, stepped(key), start=BEFORE + 1, end=BEFORE + WITHIN) for key in keys
            ]
            found = [delay - BEFORE for delay in delays if delay is not None]
            runs = f"{median(found):.0f}" if found else "-"
            print(
                f"{name:22}{len(keys):6}  {rule:34}{false:11}{len(found) / len(keys):8.0%}{runs:>6}"
            )


def first(fires: Rule, costs: Sequence[float], *, start: int, end: int | None = None) -> int | None:
    """Return after how many costs a rule fires."""
    ends = range(start, (end or len(costs)) + 1)
    return next((n for n in ends if fires(costs[:n])), None)


def stepped(costs: Sequence[float]) -> list[float]:
    return [*costs[:BEFORE], *(TIMES * cost for cost in costs[BEFORE:])]


def sources() -> Iterator[tuple[str, list[list[float]]]]:
    rng = np.random.default_rng(1)
    for sigma in (0.0, 0.3, 0.6, 1.0, 1.5):
        made = MEAN * np.exp(sigma * rng.standard_normal((500, LENGTH)))
        yield f"made, sigma {sigma}", made.tolist()
    # Two kinds of tasks, one of them ten times as costly.
    kinds = np.where(rng.random((500, LENGTH)) < 0.2, 10.0, 1.0)
    both = MEAN / 2.8 * kinds * np.exp(0.3 * rng.standard_normal((500, LENGTH)))
    yield "made, two kinds", both.tolist()
    yield "made, Pareto 1.5", (MEAN / 3 * (1 + rng.pareto(1.5, (500, LENGTH)))).tolist()
    if (azure := DATA / "tokens/azure_conv.csv.gz").exists():
        rows = _rows(azure)
        # Prices of gpt-4o, per token.
        costs = [2.5e-6 * float(row[1]) + 1e-5 * float(row[2]) for row in rows[1:]]
        yield "Azure, real requests", keys_of(costs)
    if (drift := DATA / "llmdrift/generations.csv.gz").exists():
        yield "llmdrift, real calls", list(_by_model(drift))


def _by_model(path: Path) -> Iterator[list[float]]:
    rows = _rows(path)
    at = {name: place for place, name in enumerate(rows[0])}
    costs: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows[1:]:
        if (cost := float(row[at["cost"]] or 0)) > 0:
            costs[row[at["model"]], row[at["dataset"]]].append(cost)
    for one in costs.values():
        yield from keys_of(one)


def keys_of(costs: Sequence[float]) -> list[list[float]]:
    scale = MEAN / mean(costs)
    scaled = [scale * cost for cost in costs]
    return [scaled[at : at + LENGTH] for at in range(0, len(scaled) - LENGTH + 1, LENGTH)]


def _rows(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", newline="") as file:
        return [*csv.reader(file)]


if __name__ == "__main__":
    main()
