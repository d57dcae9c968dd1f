"""The burn rate: how many times too fast a budget is being spent.

    b(w) = spend(w) / (B * w / P)

The rate b(w) over a window w is 1 if a budget B for a period P is spent evenly, so that it is gone
exactly at the end of the period. A rule holds if b exceeds the rule's factor over two windows.
The long window shows that enough is gone to matter. The short window shows that the spending still
goes on. Money that was spent before the period began does not count.

For a month, the rules are the pairs of Google's SRE workbook (chapter 5). The same shares of an
hour's or a day's budget would be gone within seconds. That says nothing about agents that spend in
bursts. So the windows of short periods are as long as it takes to spend a seventh to a half of the
budget.
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
# Below these amounts no burn rate raises an alarm: ratios of small amounts are noise.
MIN_SHARE, MIN_USD = Decimal("0.1"), Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A rule that holds, with the rates that were measured."""

    rule: Rule
    long: float
    short: float
    usd_per_s: float
    """Dollars a second over the long window."""


def matters(spent: Decimal, usd: Decimal) -> bool:
    return spent >= max(MIN_SHARE * usd, MIN_USD)


def rate(spending: Spending, period: Period, *, usd: Decimal, now: int, window_s: int) -> float:
    """Return b(w), over the minutes that began in the window."""
    spent = spending.between(max(period.start, now - window_s), now)
    return float(spent / usd) * period.seconds / window_s


def burning(spending: Spending, period: Period, *, usd: Decimal, now: int) -> Burn | None:
    """Return the most severe rule that holds if this rate spends the budget within the period."""
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
        # One costly step is not a rate, so the rule must hold without the most expensive minute.
        most = spending.most_in_a_minute(max(period.start, now - rule.long_s), now)
        usual = long - float(most / usd) * period.seconds / rule.long_s
        if min(usual, short) > rule.factor and at_end >= float(usd):
            yield Burn(rule=rule, long=long, short=short, usd_per_s=usd_per_s)


def rates_by_window(spending: Spending, period: Period, *, usd: Decimal, now: int) -> Sequence[str]:
    """Return the rate over each window of the rules, as text for people."""
    windows = {window for rule in RULES[period.per] for window in (rule.short_s, rule.long_s)}
    return [
        f"{window_text(window_s)} "
        f"{factor_text(rate(spending, period, usd=usd, now=now, window_s=window_s))}x"
        for window_s in sorted(windows)
    ]


def factor_text(factor: float) -> str:
    return f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"


def window_text(window_s: int) -> str:
    for unit, name in ((DAY, "d"), (HOUR, "h")):
        if window_s % unit == 0:
            return f"{window_s // unit}{name}"
    return f"{window_s // MINUTE}m"
