"""Decides which stage a budget is in, if it is worth a signal at all.

spent      all of it is gone
burning    a burn rate rule holds, and at this rate it is gone before the period ends
coming     the forecast says, in nine cases of ten, that it is gone before the period ends
nearly     80 % are spent
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from fleetglass_detectors.budgets import burn, forecast
from fleetglass_detectors.budgets.burn import Burn
from fleetglass_detectors.budgets.declared import Budget, Per
from fleetglass_detectors.budgets.forecast import Forecast, Path, Point
from fleetglass_detectors.budgets.period import Period
from fleetglass_detectors.budgets.spending import Spending
from fleetglass_detectors.signal import Level

Stage = Literal["spent", "burning", "coming", "nearly"]
NEARLY = Decimal("0.8")
# Without history, the forecast uses the spending over these windows, in seconds.
RECENT_WINDOWS_S = {Per.HOUR: (300, 900), Per.DAY: (3600, 10_800), Per.MONTH: (86_400, 7 * 86_400)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    stage: Stage
    level: Level
    spent: Decimal
    forecast: Forecast
    burn: Burn | None = None
    spent_at: int = 0
    """When all of it was gone; 0 if it is not."""


def finding(
    budget: Budget, period: Period, spending: Spending, now: int, past: Callable[[], Sequence[Path]]
) -> Finding | None:
    """Return the finding, if any; `past` is called only if a finding is possible."""
    spent = spending.since(period.start)
    nearly = spent >= NEARLY * budget.usd
    matters = burn.matters(spent, budget.usd)
    if not (nearly or matters):
        return None
    burning = burn.burning(spending, period, usd=budget.usd, now=now)
    point = Point(spent=float(spent), usd=float(budget.usd), now=now, end=period.end)
    expected = _expected(point, period, spending, burning, past())
    stage: Stage | None = "spent" if spent >= budget.usd else None
    stage = stage or _stage(point, expected, burning, nearly=nearly, matters=matters)
    if stage is None:
        return None
    is_page = stage == "spent" or (burning is not None and burning.rule.level is Level.CRITICAL)
    return Finding(
        stage=stage,
        level=Level.CRITICAL if is_page else Level.WARNING,
        spent=spent,
        forecast=expected,
        burn=burning,
        spent_at=spending.reached(budget.usd, start=period.start) if stage == "spent" else 0,
    )


def _stage(
    point: Point, expected: Forecast, burning: Burn | None, *, nearly: bool, matters: bool
) -> Stage | None:
    # A warning must agree with the forecast: spending in the day is usually faster than at night.
    if burning and (burning.rule.level is Level.CRITICAL or expected.likely >= point.usd):
        return "burning"
    if matters and expected.low >= point.usd:
        return "coming"
    return "nearly" if nearly else None


def _expected(
    point: Point, period: Period, spending: Spending, burning: Burn | None, paths: Sequence[Path]
) -> Forecast:
    recent = _rates(spending, period, point)
    if burning and burning.rule.level is Level.CRITICAL:
        # This period is not like earlier ones, so the forecast ignores history.
        window = burn.window_text(burning.rule.long_s)
        return forecast.of_rates(
            point, burning.usd_per_s, recent, basis=f"the rate of the last {window}", wider=1.0
        )
    if paths:
        return forecast.of_past(point, paths, basis=f"{len(paths)} {period.per}s before")
    likely = recent[1] if period.per is Per.MONTH else recent[-1]
    return forecast.of_rates(point, likely, recent, basis="the rate so far, without any history")


def _rates(spending: Spending, period: Period, point: Point) -> list[float]:
    """Return dollars a second over the recent windows, and since the period began."""
    # For a month, the spending of the days before it is known too.
    recent = [
        float(spending.between(point.now - window, point.now)) / window
        for window in RECENT_WINDOWS_S[period.per]
    ]
    so_far = max(burn.MINUTE, point.now - period.start)
    return [*recent, float(spending.since(period.start)) / so_far]
