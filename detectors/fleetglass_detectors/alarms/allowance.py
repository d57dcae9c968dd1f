"""Turns the allowed number of false pages a week into a threshold for every stream.

The operator says how many false pages a week the whole fleet may send. A family of detectors has a
share w of them (the shares sum to 1). Each of the K streams of a family gets the same part. So a
stream with r observations a day needs this average run length (ARL) between false alarms:

    ARL = K r / (F w),    F = pages_per_week / 7,    threshold on log M = log ARL

Summed over all streams, that is F w false alarms a day, whatever their rates: a busy stream raises
only its own threshold. The price is logarithmic: a fleet ten times as large raises a threshold by
2.3, which makes alarms some tenths later. For a question that is asked once for each run (is this a
runaway?), the same allowance gives a probability per run, `alpha_run = F w / runs a day`.

No threshold is below `LEAST_RUN_LENGTH`. Otherwise a fleet with few runs could send a page at every
observation.

Example: 1 000 agents with 200 observations a day, one false page a week.
    >>> allowance = Allowance(weights={"drift": 0.5, "cost": 0.5})
    >>> float(allowance.run_length("drift", streams=1000, updates_per_day=200))
    2800000.0
    >>> float(allowance.log_threshold("drift", streams=1000, updates_per_day=200).round(2))
    14.85
    >>> round(allowance.per_run("cost", runs_per_day=10_000), 8)
    7.14e-06
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import FloatArray

DAYS_A_WEEK = 7.0
LEAST_RUN_LENGTH = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The false pages that the operator allows, for the whole fleet and all detectors together."""

    pages_per_week: float = 1.0
    """Only false pages are limited. True ones are not."""
    weights: Mapping[str, float]
    """The share of each family of detectors; they sum to 1."""

    def __post_init__(self) -> None:
        if not 0 < self.pages_per_week < math.inf:
            raise ValueError(
                f"pages_per_week={self.pages_per_week!r}: expected a number above 0; "
                "1 is one false page a week, .25 one a month"
            )
        wrong = {name: share for name, share in self.weights.items() if not 0 < share <= 1}
        if wrong:
            raise ValueError(f"weights {wrong!r}: each must be above 0 and at most 1")
        total = math.fsum(self.weights.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"weights sum to {total!r}, expected 1: {dict(self.weights)!r}")

    def per_day(self, family: str) -> float:
        """Return how many false alarms a day this family may make."""
        if family not in self.weights:
            known = ", ".join(sorted(self.weights))
            raise ValueError(f"family={family!r} has no weight; known are {known}")
        return self.pages_per_week / DAYS_A_WEEK * self.weights[family]

    def run_length(
        self, family: str, *, streams: npt.ArrayLike, updates_per_day: npt.ArrayLike
    ) -> FloatArray:
        """Return how many observations must lie between false alarms of a stream of this family.

        `streams` is how many the family has (or as many as a `Census` counts for each stream),
        `updates_per_day` the stream's own; both may be arrays.
        """
        count = _positive(streams, name="streams")
        rate = _positive(updates_per_day, name="updates_per_day")
        return np.maximum(count * rate / self.per_day(family), LEAST_RUN_LENGTH)

    def log_threshold(
        self, family: str, *, streams: npt.ArrayLike, updates_per_day: npt.ArrayLike
    ) -> FloatArray:
        """Return the log M at which an alarm is raised."""
        return np.log(self.run_length(family, streams=streams, updates_per_day=updates_per_day))

    def per_run(self, family: str, *, runs_per_day: float) -> float:
        """Return the probability with which a healthy run may be flagged."""
        runs = float(_positive(runs_per_day, name="runs_per_day"))
        return min(self.per_day(family) / runs, 1 / LEAST_RUN_LENGTH)


FLEET = Allowance(weights={"caps": 0.25, "cost": 0.25, "others": 0.5})
"""How the detectors share one false page a week; rules that need no history take none."""


def _positive(number: npt.ArrayLike, *, name: str) -> FloatArray:
    array = np.asarray(number, dtype=np.float64)
    if not bool(np.all((array > 0) & (array < np.inf))):
        raise ValueError(
            f"{name}={number!r}: expected numbers above 0; leave out what has not been observed"
        )
    return array
