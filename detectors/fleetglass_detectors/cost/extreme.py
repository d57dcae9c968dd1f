"""Finds runs that cost far more than any other run of their agent, while they run (SPOT).

The level is exceeded by so few healthy runs as false pages are allowed (usual.py, `tail`), and is
never above ten times the most expensive run so far. The cost of an open run only grows, so it is
compared with the level as it stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fleetglass_detectors.alarms.evidence import FloatArray, IntArray
from fleetglass_detectors.cost.ledger import Key, Told
from fleetglass_detectors.cost.usual import Usual

COSTLY, LARGE = "costly run", "large context"
# What is less is nobody's trouble: dollars, and tokens that one call reads.
LEAST = {COSTLY: 0.05, LARGE: 8_000.0}
# Where nothing of a run has a price, its tokens stand in: so many as a dollar.
TOKENS_A_DOLLAR = 1e6
SURELY = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Extreme:
    """A run unlike all of its agent's."""

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


def worth(told: Told) -> FloatArray:
    """What runs cost, by their tokens if nothing of them has a price; 0 where that is not known."""
    cost, unpriced = told.columns["cost"], told.columns["unpriced"] > 0
    by_tokens = np.where(unpriced & (cost <= 0), told.columns["tokens"] / TOKENS_A_DOLLAR, 0.0)
    spent: FloatArray = np.where(unpriced, by_tokens, cost)
    return spent


def extremes(
    told: Told,
    slots: IntArray,
    values: FloatArray,
    usual: Usual,
    *,
    kind: str,
    exceeded: float,
    risen: FloatArray,
) -> Iterator[Extreme]:
    """The agents' runs whose values pass the level that this share of runs exceeds.

    Where all of a key's runs have `risen`, that is its incident, and none of each of them.
    """
    is_agent = np.array(["\0agent\0" in key for key in told.keys], np.bool_)
    which = np.flatnonzero(is_agent & (slots >= 0) & (values >= LEAST[kind]))
    places = slots[which]
    rare = usual.tail(places, np.full(len(places), exceeded))
    # What few runs say of a tail may be that it is endless.
    known = np.where(np.isfinite(rare), usual.highest(places) + np.log(SURELY), np.inf)
    level = np.exp(np.minimum(rare, known) + risen[which])
    typical = np.exp(usual.typical(places))
    for n in np.flatnonzero(values[which] > level).tolist():
        row = int(which[n])
        yield Extreme(
            key=Key.of(told.keys[row]),
            number=told.numbers[row],
            run_id=told.runs[row],
            kind=kind,
            value=float(values[row]),
            level=float(level[n]),
            usual=float(typical[n]),
        )
