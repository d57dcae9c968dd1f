"""Describes findings for people: money, times in their timezone, and the forecast."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from fleetglass_detectors.budgets import burn
from fleetglass_detectors.budgets.declared import Budget
from fleetglass_detectors.budgets.finding import Finding
from fleetglass_detectors.budgets.forecast import Forecast
from fleetglass_detectors.budgets.ledger import Run
from fleetglass_detectors.budgets.period import Period

CENT = Decimal("0.01")


def summary(budget: Budget, period: Period, finding: Finding, now: int) -> str:
    share = int(100 * finding.spent / budget.usd)
    of = f"{money(budget.usd)} {budget.per.phrase}"
    # Times are exact to the minute, and only the first one names the timezone.
    here = f"{clock(now, period, now)} {zone(now, period)}"
    if finding.stage == "spent":
        gone = f"gone at {clock(finding.spent_at, period, now)}"
        end = f"at this rate {_end_text(finding.forecast, period)}"
        return f"{money(finding.spent)} of {of} is spent at {here}, {gone}; {end}"
    parts = [f"{share} % of {of} is spent at {here}"]
    if finding.burn:
        window = burn.window_text(finding.burn.rule.long_s)
        parts.append(f"{burn.factor_text(finding.burn.long)} times too fast in the last {window}")
    outlook = f"at this rate {_gone_text(finding.forecast, period, now)}"
    return "; ".join((", ".join(parts), outlook))


def reason(budget: Budget, period: Period, finding: Finding) -> str:
    """Return the reason that the author of a stopped agent reads."""
    spent = f"{money(finding.spent)} of {money(budget.usd)} {budget.per.phrase} is spent"
    until = f"{clock(period.end, period, period.start)} {zone(period.end, period)}"
    return f"budget {budget.name!r}: {spent}; until {until}"


def money(usd: Decimal | float) -> str:
    """Return the amount to the cent; less than a cent has two digits that are not zero."""
    exact = Decimal(str(usd))
    if 0 < abs(exact) < CENT:
        return f"${exact:.2g}" if abs(exact) >= Decimal("0.0001") else f"${exact:.1e}"
    return f"${exact.quantize(CENT, ROUND_HALF_UP):,}"


def about(usd: float) -> str:
    """Return an expected amount, without cents if it is large."""
    return f"${usd:,.0f}" if usd >= 100 else money(usd)


def clock(at: int, period: Period, now: int) -> str:
    """Return the time of a moment, with its day if that is not today."""
    local, today = (datetime.fromtimestamp(moment, period.zone) for moment in (at, now))
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%b %-d, %H:%M}"


def zone(at: int, period: Period) -> str:
    return f"{datetime.fromtimestamp(at, period.zone):%Z}"


def rates(rates_by_window: Sequence[str]) -> str:
    return f"burn rates (at 1.0x it lasts for the period): {', '.join(rates_by_window)}"


def runs(most_expensive: Sequence[Run]) -> str:
    return ", ".join(f"{run.run_id} {money(run.cost)}" for run in most_expensive)


def _gone_text(expected: Forecast, period: Period, now: int) -> str:
    early, likely, late = expected.gone
    if likely is None:
        first = f", at the earliest {clock(early, period, now)}" if early else ""
        return f"it lasts{first}, {_end_text(expected, period)}"
    first = clock(early or likely, period, now)
    between = f"{first} to {clock(late, period, now)}" if late else f"{first} or later"
    return f"it is gone at {clock(likely, period, now)} ({between}), {_end_text(expected, period)}"


def _end_text(expected: Forecast, period: Period) -> str:
    interval = f"{about(expected.low)} to {about(expected.high)}"
    return f"{about(expected.likely)} ({interval}) by the end of the {period.per}"
