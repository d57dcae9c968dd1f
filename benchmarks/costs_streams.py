"""Made streams of runs and their costs, and what is put into them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MINUTES_A_DAY = 1440
# Lognormal costs: one run in forty costs ten times the median.
SIGMA = 1.1
MEAN = float(np.exp(SIGMA**2 / 2))
RUNS_A_DAY = 864
KINDS = (
    "one run at 50x the mean",
    "all runs x1.3",
    "all runs x3",
    "volume x3",
    "10 % of runs x10",
    "ramp, +50 % a day",
)
# Monday the 4th of January 2027, in minutes since 1970.
FIRST_MINUTE = 29_983_680


@dataclass(frozen=True, slots=True)
class Minute:
    """The runs that began in one minute: of which stream each was, and what it cost."""

    number: int
    streams: Ints
    costs: Floats

    @property
    def at_ns(self) -> int:
        return (FIRST_MINUTE + self.number) * 60_000_000_000


def expected(minute: int) -> float:
    """Runs a minute: five times as many by day as by night, two in five at weekends."""
    hour, day = minute / 60 % 24, minute // MINUTES_A_DAY % 7
    daily = 1 + 2 / 3 * np.cos((hour - 14) / 24 * 2 * np.pi)
    return float(RUNS_A_DAY / MINUTES_A_DAY * daily * (0.4 if day >= 5 else 1.0))


def minute_of(
    number: int, streams: int, rng: np.random.Generator, *, kind: str = "", since: int = 0
) -> Minute:
    """A minute of all streams; what is put in begins at the minute `since`."""
    times = 3 if kind == "volume x3" and number >= since else 1
    counts = rng.poisson(expected(number) * times, streams)
    which = np.repeat(np.arange(streams), counts)
    costs = np.exp(rng.normal(0, SIGMA, len(which)))
    if number >= since:
        costs *= _factors(kind, number - since, len(which), rng)
    if kind == KINDS[0] and number == since:
        which = np.append(which, np.arange(streams))
        costs = np.append(costs, np.full(streams, 50 * MEAN))
    return Minute(number, which, costs)


def _factors(kind: str, passed: int, runs: int, rng: np.random.Generator) -> Floats | float:
    if kind == "10 % of runs x10":
        return np.where(rng.random(runs) < 0.1, 10.0, 1.0)
    if kind == "ramp, +50 % a day":
        return 1 + 0.5 * passed / MINUTES_A_DAY
    return {"all runs x1.3": 1.3, "all runs x3": 3.0}.get(kind, 1.0)
