"""Of a budget it is said that it is about to be spent, in time; and nothing where all is well."""

from decimal import Decimal

import pytest
from kit.budget_ledgers import MIDNIGHT, NOON, budget, day, even_path, evenly, spending

from fleetglass_detectors.budgets import messages
from fleetglass_detectors.budgets.declared import Per
from fleetglass_detectors.budgets.finding import Finding, finding
from fleetglass_detectors.budgets.forecast import Path
from fleetglass_detectors.budgets.spending import Spending
from fleetglass_detectors.signal import Level

FIFTY = budget(50)
USUAL = [even_path(43_200, 10.0, rest) for rest in (9.0, 9.5, 10.0, 10.5, 11.0) * 3]


def seen(spent: Spending, now: int = NOON, past: list[Path] | None = None) -> Finding | None:
    return finding(FIFTY, day(), spent, now, lambda: past or [])


def stage(spent: Spending, now: int = NOON, past: list[Path] | None = None) -> str:
    found = seen(spent, now, past)
    return f"{found.stage} {found.level}" if found else ""


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0, ""),
        (20, ""),
        (24.9, ""),
        (40.5, "nearly warning"),
        (49.99, "nearly warning"),
        (50, "spent critical"),
        (70, "spent critical"),
    ],
)
def test_what_has_been_spent_by_noon_is_said_in_stages(usd: float, said: str) -> None:
    calm = Spending([*evenly(MIDNIGHT, NOON - 7300, usd).buckets])

    assert stage(calm) == said


def test_a_usual_day_is_no_news_even_without_any_history() -> None:
    for hour in range(24):
        now = MIDNIGHT + hour * 3600
        calm = evenly(MIDNIGHT, max(now, MIDNIGHT + 60), 30 * max(hour, 0.02) / 24)

        assert stage(calm, now) == ""


def test_it_is_said_while_there_is_time_that_it_will_be_spent() -> None:
    """At noon half of it is gone, and days before spent as much again in the afternoon."""
    spent = evenly(MIDNIGHT, NOON - 7300, 28)
    found = seen(spent, past=USUAL)

    assert found is not None
    assert (found.stage, found.level) == ("coming", Level.WARNING)
    assert found.forecast.low >= 50
    assert found.forecast.gone[1]
    assert NOON < found.forecast.gone[1] < MIDNIGHT + 86_400


def test_history_knows_when_a_busy_morning_is_usual() -> None:
    """Six times too fast for two hours, as on every day: by evening it will have lasted."""
    morning = Spending([*evenly(MIDNIGHT, NOON - 7200, 2).buckets])
    busy = Spending([*morning.buckets, *evenly(NOON - 7200, NOON, 24).buckets])
    ends_there = [even_path(43_200, 26.0, rest) for rest in (8.0, 9.0, 10.0) * 4]

    assert stage(busy) == "burning warning"
    assert stage(busy, past=ends_there) == ""


def test_a_runaway_is_a_page_whatever_history_says() -> None:
    runaway = evenly(NOON - 1800, NOON, 20)
    found = seen(runaway, past=USUAL)

    assert found is not None
    assert (found.stage, found.level) == ("burning", Level.CRITICAL)
    assert found.forecast.basis == "the rate of the last 15m"
    assert found.forecast.gone[1] == pytest.approx(NOON + 30 / 20 * 1800, abs=90)


def test_a_correction_of_prices_ends_what_was_said() -> None:
    costly, corrected = spending((NOON - 9000, 30), (NOON - 8000, 25)), spending((NOON - 9000, 12))

    assert stage(costly) == "spent critical"
    assert stage(corrected) == ""


def test_to_the_last_digit() -> None:
    """A ten-billionth of a cent is missing, or not."""
    nearly = spending((NOON - 9000, 49), (NOON - 8000, 0.999999999999))
    whole = spending((NOON - 9000, 49), (NOON - 8000, 0.999999999999), (NOON - 7000, 1e-12))

    assert stage(nearly) == "nearly warning"
    assert stage(whole) == "spent critical"


def test_history_is_asked_for_only_where_there_is_something_to_say() -> None:
    def never() -> list[Path]:
        raise AssertionError("asked")

    assert finding(FIFTY, day(), evenly(MIDNIGHT, NOON, 4), NOON, never) is None


def test_people_read_what_it_is_and_when() -> None:
    nearly, spent = evenly(MIDNIGHT, NOON, 41), evenly(MIDNIGHT, NOON, 55)
    told = [
        messages.summary(FIFTY, day(), found, NOON)
        for spending_ in (nearly, spent)
        if (found := seen(spending_))
    ]

    assert told == [
        "82 % of $50.00 a day is spent at 12:00 UTC; at this rate it is gone at 14:38 (13:19 to "
        "17:16), $82.00 ($61.50 to $123) by the end of the day",
        "$55.00 of $50.00 a day is spent at 12:00 UTC, gone at 10:54; at this rate $110 ($82.50 "
        "to $165) by the end of the day",
    ]


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        ("0", "$0.00"),
        ("0.005", "$0.005"),
        ("0.00000123", "$1.2e-6"),
        ("1234.565", "$1,234.57"),
        ("49.999", "$50.00"),
    ],
)
def test_money_is_told_to_the_cent(usd: str, told: str) -> None:
    assert messages.money(Decimal(usd)) == told


def test_the_share_never_says_all_before_it_is_all() -> None:
    found = seen(spending((NOON - 9000, 49.999)))

    assert found is not None
    assert messages.summary(FIFTY, day(), found, NOON).startswith("99 % of $50.00 a day")


def test_an_hour_and_a_month_are_called_so() -> None:
    assert [per.phrase for per in (Per.HOUR, Per.DAY, Per.MONTH)] == ["an hour", "a day", "a month"]
