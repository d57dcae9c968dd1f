"""Finds runs that cost far more than any other run of their agent, while they run (SPOT).

The level is chosen so that as few healthy runs exceed it as false pages are allowed (`tail` in
usual.py). It is never above ten times the most expensive run so far. The cost of an open run only
grows, so it is compared with the level while it runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fleetglass_detectors.alarms.evidence import FloatArray, IntArray
from fleetglass_detectors.cost.ledger import Key, RunRows
from fleetglass_detectors.cost.usual import Usual

COSTLY, LARGE = "costly run", "large context"
# Smaller values are never reported: dollars, and tokens that one call reads.
LEAST = {COSTLY: 0.05, LARGE: 8_000.0}
# If no call of a run has a price, this many of its tokens count as a dollar.
TOKENS_A_DOLLAR = 1e6
SURELY = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Extreme:
    """A run that differs from all earlier runs of its agent."""

    key: Key
    number: int
    run_id: str
    kind: str
    value: float
    level: float
    usual: float

    @property
    def score(self) -> float:
        return self.value / self.level


def worth(rows: RunRows) -> FloatArray:
    """Return what runs cost, by their tokens if none of their calls has a price; 0 if unknown."""
    cost, unpriced = rows.columns["cost"], rows.columns["unpriced"] > 0
    by_tokens = np.where(unpriced & (cost <= 0), rows.columns["tokens"] / TOKENS_A_DOLLAR, 0.0)
    spent: FloatArray = np.where(unpriced, by_tokens, cost)
    return spent


def extremes(
    rows: RunRows,
    slots: IntArray,
    values: FloatArray,
    usual: Usual,
    *,
    kind: str,
    exceeded: float,
    risen: FloatArray,
) -> Iterator[Extreme]:
    """Yield the runs of agents whose values pass the level that this share of runs exceeds.

    If all runs of a key have `risen`, the key makes one incident, and its runs make none each.
    """
    is_agent = np.array(["\0agent\0" in key for key in rows.keys], np.bool_)
    which = np.flatnonzero(is_agent & (slots >= 0) & (values >= LEAST[kind]))
    places = slots[which]
    rare = usual.tail(places, np.full(len(places), exceeded))
    # Few runs may suggest a tail without end, so the level is also bound by the highest run.
    known = np.where(np.isfinite(rare), usual.highest(places) + np.log(SURELY), np.inf)
    level = np.exp(np.minimum(rare, known) + risen[which])
    typical = np.exp(usual.typical(places))
    for n in np.flatnonzero(values[which] > level).tolist():
        row = int(which[n])
        yield Extreme(
            key=Key.of(rows.keys[row]),
            number=rows.numbers[row],
            run_id=rows.runs[row],
            kind=kind,
            value=float(values[row]),
            level=float(level[n]),
            usual=float(typical[n]),
        )
