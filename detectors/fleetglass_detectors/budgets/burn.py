"""How many times faster than it lasts a budget is being spent.

    b(w) = spend(w) / (B * w / P)

is 1 where a budget B for a period P is spent evenly, to be gone at its end. A rule holds when b
exceeds its factor over a long window, so that enough is gone to matter, and over a short one, so
that it still goes on. What was spent before the period began is not this budget's.

For a month these are the pairs of Google's SRE workbook (chapter 5). The same shares of a shorter
budget would be gone within seconds, which tells nothing of agents that spend in bursts: there the
windows are as long as it takes to spend a seventh to a half of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fleetglass_detectors.budgets.declared import Per
from fleetglass_detectors.budgets.period import Period
from fleetglass_detectors.budgets.spending import Spending
from fleetglass_detectors.signal import Level

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    factor: float
    long_s: int
    short_s: int
    level: Level


PAGE, TICKET = Level.CRITICAL, Level.WARNING
RULES: dict[Per, tuple[Rule, ...]] = {
    Per.HOUR: (Rule(6, 5 * MINUTE, 2 * MINUTE, PAGE), Rule(3, 10 * MINUTE, 5 * MINUTE, TICKET)),
    Per.DAY: (
        Rule(14.4, 15 * MINUTE, 5 * MINUTE, PAGE),
        Rule(6, HOUR, 10 * MINUTE, PAGE),
        Rule(3, 2 * HOUR, 20 * MINUTE, TICKET),
    ),
    Per.MONTH: (
        Rule(14.4, HOUR, 5 * MINUTE, PAGE),
        Rule(6, 6 * HOUR, 30 * MINUTE, PAGE),
        Rule(3, DAY, 2 * HOUR, TICKET),
        Rule(1, 3 * DAY, 6 * HOUR, TICKET),
    ),
}
# Less is no alarm, however fast it was spent: ratios of little are noise.
LEAST_SHARE, LEAST_USD = Decimal("0.1"), Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A rule that holds."""

    rule: Rule
    long: float
    short: float
    usd_per_s: float
    """Over the long window."""


def matters(spent: Decimal, usd: Decimal) -> bool:
    return spent >= max(LEAST_SHARE * usd, LEAST_USD)


def rate(spending: Spending, period: Period, *, usd: Decimal, now: int, window_s: int) -> float:
    """b(w): 1 is what lasts for the period. Minutes count that began in the window."""
    spent = spending.between(max(period.start, now - window_s), now)
    return float(spent / usd) * period.seconds / window_s


def burning(spending: Spending, period: Period, *, usd: Decimal, now: int) -> Burn | None:
    """The worst rule that holds, if going on like this spends the budget before its end."""
    return next(_holding(spending, period, usd, now), None)


def _holding(spending: Spending, period: Period, usd: Decimal, now: int) -> Iterator[Burn]:
    spent = spending.since(period.start)
    if not matters(spent, usd):
        return
    for rule in RULES[period.per]:
        long, short = (
            rate(spending, period, usd=usd, now=now, window_s=window_s)
            for window_s in (rule.long_s, rule.short_s)
        )
        usd_per_s = long * float(usd) / period.seconds
        at_end = float(spent) + usd_per_s * (period.end - now)
        # One costly step is not a rate: the rule must hold without the most expensive minute.
        most = spending.most_in_a_minute(max(period.start, now - rule.long_s), now)
        usual = long - float(most / usd) * period.seconds / rule.long_s
        if min(usual, short) > rule.factor and at_end >= float(usd):
            yield Burn(rule=rule, long=long, short=short, usd_per_s=usd_per_s)


def told(spending: Spending, period: Period, *, usd: Decimal, now: int) -> Sequence[str]:
    """All the rates there are rules for, for people."""
    windows = {window for rule in RULES[period.per] for window in (rule.short_s, rule.long_s)}
    return [
        f"{lasting(window)} {times(rate(spending, period, usd=usd, now=now, window_s=window))}x"
        for window in sorted(windows)
    ]


def times(factor: float) -> str:
    return f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"


def lasting(window_s: int) -> str:
    for unit, name in ((DAY, "d"), (HOUR, "h")):
        if window_s % unit == 0:
            return f"{window_s // unit}{name}"
    return f"{window_s // MINUTE}m"
