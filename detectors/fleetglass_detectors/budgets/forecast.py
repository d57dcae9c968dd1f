"""How much will be spent by the end of a period, and when the budget is gone.

The forecast compares past periods: what they spent before the same point, and after it.

    r_i = after_i / max(before_i, floor)         total = spent + r * max(spent, floor)

With n past periods and k = floor((n + 1) / 10), the interval from the k-th smallest to the k-th
largest r holds the true r in 80 % of all cases or more. That is true for any distribution, as long
as this period is like the past ones (split conformal prediction, Vovk). It takes nine periods.
With fewer, the interval goes from half of the smallest r to twice the largest. Without any, the
forecast uses the rates of recent spending.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.budgets.period import Period

SHARE = 0.8
ENOUGH = 9
# A ratio is meaningful only if at least this share of a usual total was spent before the point.
FLOOR = 0.05
LEAST_FLOOR = 1e-9
WIDER = 2.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """What a past period had spent before a point in it, and how its spending went on."""

    before: float
    after_s: Numbers
    """Seconds since that point, rising."""
    after: Numbers
    """Dollars spent from that point to each of those seconds, rising."""

    @property
    def rest(self) -> float:
        return float(self.after[-1]) if len(self.after) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    low: float
    likely: float
    high: float
    """Dollars by the end of the period."""
    gone: tuple[int | None, int | None, int | None]
    """When the budget is gone: earliest, likely, latest. None means not in this period."""
    basis: str
    """What the forecast is based on, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What of a budget is spent at a moment in its period."""

    spent: float
    usd: float
    now: int
    end: int

    @property
    def left_s(self) -> int:
        return max(0, self.end - self.now)


def path(at: NDArray[np.int64], cost: Numbers, past: Period, *, point: int, step: int) -> Path:
    """Return the path of a past period, whose buckets are `step` seconds long.

    The bucket that holds the point belongs partly to each side.
    """
    inside = (at >= past.start) & (at < past.end)
    at, cost = at[inside], cost[inside]
    share = np.clip((point - at) / step, 0.0, 1.0)
    later = share < 1
    return Path(
        float((share * cost).sum()),
        (at[later] + step - point).astype(np.float64),
        np.cumsum((1 - share[later]) * cost[later]),
    )


def of_past(point: Point, paths: Sequence[Path], *, basis: str) -> Forecast:
    """Return a forecast from one past period or more."""
    usual = float(np.median([one.before + one.rest for one in paths]))
    floor = max(FLOOR * usual, LEAST_FLOOR)
    scale = max(point.spent, floor)
    ratios = np.sort([one.rest / max(one.before, floor) for one in paths])
    enough = len(paths) >= ENOUGH
    rank = math.floor((1 - SHARE) / 2 * (len(paths) + 1) + 1e-9)
    low = ratios[rank - 1] if enough else ratios[0] / WIDER
    high = ratios[-rank] if enough else ratios[-1] * WIDER
    times = sorted(_gone(point, one, scale / max(one.before, floor)) for one in paths)
    early, late = (times[rank - 1], times[-rank]) if enough else (times[0], times[-1])
    return Forecast(
        low=point.spent + float(low) * scale,
        likely=point.spent + float(np.median(ratios)) * scale,
        high=point.spent + float(high) * scale,
        gone=(_until(early, point), _until(times[len(times) // 2], point), _until(late, point)),
        basis=basis if enough else f"{basis}, too few to be sure",
    )


def of_rates(
    point: Point, usd_per_s: float, others: Sequence[float], *, basis: str, wider: float = WIDER
) -> Forecast:
    """Return a forecast from a likely rate, and other rates that were measured."""
    slow, fast = min(usd_per_s, *others) / wider, max(usd_per_s, *others) * wider
    rates = (fast, usd_per_s, slow)
    early, likely, late = (_at_rate(point, rate) for rate in rates)
    return Forecast(
        low=point.spent + slow * point.left_s,
        likely=point.spent + usd_per_s * point.left_s,
        high=point.spent + fast * point.left_s,
        gone=(_until(early, point), _until(likely, point), _until(late, point)),
        basis=basis,
    )


def _gone(point: Point, one: Path, scale: float) -> float:
    """Return when the budget is gone if spending follows `one`, `scale` times larger."""
    if point.spent >= point.usd:
        return point.now
    index = int(np.searchsorted(one.after, (point.usd - point.spent) / scale))
    return point.now + float(one.after_s[index]) if index < len(one.after) else math.inf


def _at_rate(point: Point, usd_per_s: float) -> float:
    left = max(0.0, point.usd - point.spent)
    return point.now + left / usd_per_s if usd_per_s > 0 else math.inf


def _until(at: float, point: Point) -> int | None:
    return int(at) if at < point.end else None
