"""Findings in words for people: money, times of their day, and what is to be expected."""

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


def summary(budget: Budget, period: Period, found: Finding, now: int) -> str:
    share = int(100 * found.spent / budget.usd)
    of = f"{money(budget.usd)} {budget.per.words}"
    # Hours and minutes are whole minutes everywhere; whose they are is said once.
    here = f"{clock(now, period, now)} {zone(now, period)}"
    if found.stage == "spent":
        gone = f"gone at {clock(found.spent_at, period, now)}"
        return f"{money(found.spent)} of {of} is spent at {here}, {gone}; {_end(found, period)}"
    told = [f"{share} % of {of} is spent at {here}"]
    if found.burn:
        window = burn.lasting(found.burn.rule.long_s)
        told.append(f"{burn.times(found.burn.long)} times too fast in the last {window}")
    return "; ".join((", ".join(told), f"at this rate {_gone(found.forecast, period, now)}"))


def reason(budget: Budget, period: Period, found: Finding) -> str:
    """What the author of an agent reads that is stopped."""
    spent = f"{money(found.spent)} of {money(budget.usd)} {budget.per.words} is spent"
    until = f"{clock(period.end, period, period.start)} {zone(period.end, period)}"
    return f"budget {budget.name!r}: {spent}; until {until}"


def money(usd: Decimal | float) -> str:
    """To the cent; what is less than one, as far as it says something."""
    exact = Decimal(str(usd))
    if 0 < abs(exact) < CENT:
        return f"${exact:.2g}" if abs(exact) >= Decimal("0.0001") else f"${exact:.1e}"
    return f"${exact.quantize(CENT, ROUND_HALF_UP):,}"


def about(usd: float) -> str:
    """What is only expected, as exactly as it can be known."""
    return f"${usd:,.0f}" if usd >= 100 else money(usd)


def clock(at: int, period: Period, now: int) -> str:
    """A moment; with its day where that is not today."""
    local, today = (datetime.fromtimestamp(moment, period.zone) for moment in (at, now))
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%b %-d, %H:%M}"


def zone(at: int, period: Period) -> str:
    return f"{datetime.fromtimestamp(at, period.zone):%Z}"


def rates(told: Sequence[str]) -> str:
    return f"times as fast as it lasts: {', '.join(told)}"


def runs(most_expensive: Sequence[Run]) -> str:
    return ", ".join(f"{run.run_id} {money(run.cost)}" for run in most_expensive)


def _gone(expected: Forecast, period: Period, now: int) -> str:
    early, likely, late = expected.gone
    if likely is None:
        first = f", at the earliest {clock(early, period, now)}" if early else ""
        return f"it lasts{first}, {_end_of(expected, period)}"
    first = clock(early or likely, period, now)
    between = f"{first} to {clock(late, period, now)}" if late else f"{first} or later"
    return f"it is gone at {clock(likely, period, now)} ({between}), {_end_of(expected, period)}"


def _end(found: Finding, period: Period) -> str:
    return f"at this rate {_end_of(found.forecast, period)}"


def _end_of(expected: Forecast, period: Period) -> str:
    interval = f"{about(expected.low)} to {about(expected.high)}"
    return f"{about(expected.likely)} ({interval}) by the end of the {period.per}"
