"""Burn rates say how many times faster than it lasts a budget is spent, and no rule cries wolf."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.budget_ledgers import MIDNIGHT, NOON, day, evenly, spending

from fleetglass_detectors.budgets.burn import MIN_USD, RULES, burning, rate, rates_by_window
from fleetglass_detectors.budgets.declared import Per
from fleetglass_detectors.budgets.period import Period, period_of
from fleetglass_detectors.budgets.spending import Spending
from fleetglass_detectors.signal import Level

BUDGET = Decimal(50)
PERIODS = st.sampled_from([Per.HOUR, Per.DAY, Per.MONTH])


def of(per: Per, at: int = NOON) -> Period:
    day_ = day(at)
    return period_of(per, at, day_.zone)


def held(spent: Spending, period: Period, now: int, usd: Decimal = BUDGET) -> tuple[str, float]:
    found = burning(spent, period, usd=usd, now=now)
    return (str(found.rule.level), found.rule.factor) if found else ("", 0)


# A month has many minutes.
@settings(max_examples=25)
@given(per=PERIODS, factor=st.floats(0.1, 50), share=st.floats(0.3, 0.9))
def test_what_is_spent_evenly_burns_at_its_rate_in_every_window(
    per: Per, factor: float, share: float
) -> None:
    period = of(per)
    now = period.start + int(share * period.seconds) // 60 * 60
    elapsed = now - period.start
    spent = evenly(period.start, now, factor * float(BUDGET) * elapsed / period.seconds)

    for rule in RULES[per]:
        for window_s in (rule.long_s, rule.short_s):
            if window_s <= elapsed:
                found = rate(spent, period, usd=BUDGET, now=now, window_s=window_s)
                assert found == pytest.approx(factor, rel=1e-6)


@given(
    per=PERIODS,
    spent=st.lists(st.tuples(st.integers(0, 40_000), st.floats(0.001, 10)), max_size=30),
    after=st.integers(0, 40_000),
)
def test_a_rule_holds_only_where_going_on_like_this_spends_the_budget(
    per: Per, spent: list[tuple[int, float]], after: int
) -> None:
    period = of(per)
    now = min(period.start + after, period.end - 1)
    known = spending(*((period.start + at, usd) for at, usd in spent if at <= after))
    found = burning(known, period, usd=BUDGET, now=now)

    if found:
        total = float(known.since(period.start))
        assert total >= max(0.1 * float(BUDGET), float(MIN_USD))
        assert total + found.usd_per_s * (period.end - now) >= float(BUDGET)
        assert min(found.long, found.short) > found.rule.factor


@pytest.mark.parametrize(
    ("times", "level"), [(1.0, ""), (2.5, ""), (3.5, "warning"), (7, "critical"), (20, "critical")]
)
def test_the_faster_the_worse(times: float, level: str) -> None:
    lately = evenly(NOON - 7200, NOON, times * 50 / 12)

    assert held(lately, day(), NOON)[0] == level


def test_a_month_goes_by_the_pairs_of_the_workbook() -> None:
    month = of(Per.MONTH)
    thousand = Decimal(1000)
    before = evenly(month.start, NOON - 86_400, 200)
    hour = evenly(NOON - 3600, NOON, 15 * 1000 * 3600 / month.seconds)
    both = Spending([*before.buckets, *hour.buckets])
    done = Spending([*evenly(month.start, NOON - 7200, 200).buckets])

    assert held(both, month, NOON, thousand) == (str(Level.CRITICAL), 14.4)
    assert held(done, month, NOON, thousand) == ("", 0)


def test_what_is_over_is_no_alarm() -> None:
    rush = evenly(NOON - 7200, NOON - 3600, 30)

    assert held(rush, day(), NOON - 3600)[0] == "critical"
    assert held(rush, day(), NOON) == ("", 0)


def test_little_money_and_a_single_step_are_no_rate() -> None:
    few_cents = evenly(NOON - 3600, NOON, 0.9)
    one_step = spending((NOON - 120, 20))
    small_share = evenly(NOON - 600, NOON, 4.9)

    assert held(few_cents, day(), NOON, Decimal(1)) == ("", 0)
    assert held(one_step, day(), NOON) == ("", 0)
    assert held(small_share, day(), NOON) == ("", 0)


def test_late_in_the_period_what_lasts_is_no_alarm() -> None:
    late = MIDNIGHT + 86_400 - 900
    lately = evenly(late - 3600, late, 15)

    assert held(lately, day(), late) == ("", 0)


def test_what_was_spent_before_the_period_is_not_this_budgets() -> None:
    yesterday = evenly(MIDNIGHT - 3600, MIDNIGHT, 500)

    assert held(yesterday, day(), MIDNIGHT + 60) == ("", 0)


def test_an_outage_and_what_was_kept_back_by_it_raise_nothing() -> None:
    """A backlog is counted in the minutes in which it was spent, and not when it came."""
    calm = evenly(MIDNIGHT, NOON, 24)
    gap = Spending([one for one in calm.buckets if not NOON - 7200 <= one.at < NOON - 60])

    assert held(gap, day(), NOON) == ("", 0)
    assert held(calm, day(), NOON) == ("", 0)


def test_rates_are_told_by_window() -> None:
    lines = rates_by_window(evenly(MIDNIGHT, NOON, 25), day(), usd=BUDGET, now=NOON)

    assert lines == ["5m 1.0x", "10m 1.0x", "15m 1.0x", "20m 1.0x", "1h 1.0x", "2h 1.0x"]
