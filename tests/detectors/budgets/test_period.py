"""Hours, days and months on somebody's clock, whatever is done to that clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.budgets.declared import Per
from fleetglass_detectors.budgets.period import HOUR_S, Period, period_of

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
# Half an hour of summer; midnights that do not exist, or come twice; a day that there never was.
ODD = ("Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Pacific/Apia", "Asia/Kathmandu")
ZONES = st.sampled_from([UTC, BERLIN, NEW_YORK, *map(ZoneInfo, ODD)])
TIMED = st.sampled_from([Per.HOUR, Per.DAY, Per.MONTH])
MOMENTS = st.integers(
    int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2035, 1, 1, tzinfo=UTC).timestamp()),
)


def at(zone: ZoneInfo, *when: int, fold: int = 0) -> int:
    return int(datetime(*when, tzinfo=zone, fold=fold).timestamp())  # type: ignore[arg-type,misc]


@given(per=TIMED, moment=MOMENTS, zone=ZONES)
def test_each_moment_is_in_one_period_and_they_leave_no_gap(
    per: Per, moment: int, zone: ZoneInfo
) -> None:
    period = period_of(per, moment, zone)
    after = period_of(per, period.end, zone)
    (before,) = period.before(1)

    assert period.start <= moment < period.end
    assert period_of(per, period.start, zone) == period == period_of(per, period.end - 1, zone)
    assert (before.end, after.start) == (period.start, period.end)


@given(moment=MOMENTS, zone=ZONES)
def test_days_begin_and_end_at_midnight(moment: int, zone: ZoneInfo) -> None:
    period = period_of(Per.DAY, moment, zone)
    local = datetime.fromtimestamp(moment, zone)

    assert datetime.fromtimestamp(period.start, zone).date() == local.date()
    assert datetime.fromtimestamp(period.end - 1, zone).date() == local.date()


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, (2026, 3, 29), 23),
        (BERLIN, (2026, 10, 25), 25),
        (BERLIN, (2026, 10, 26), 24),
        (NEW_YORK, (2026, 3, 8), 23),
        (NEW_YORK, (2026, 11, 1), 25),
        (ZoneInfo("Australia/Lord_Howe"), (2026, 4, 5), 24.5),
        (ZoneInfo("Australia/Lord_Howe"), (2026, 10, 4), 23.5),
    ],
)
def test_a_day_is_as_long_as_its_clock_makes_it(
    zone: ZoneInfo, day: tuple[int, int, int], hours: float
) -> None:
    period = period_of(Per.DAY, at(zone, *day, 15), zone)

    assert period.seconds == hours * HOUR_S


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    first, second = (
        period_of(Per.HOUR, at(BERLIN, 2026, 10, 25, 2, 30, fold=fold), BERLIN) for fold in (0, 1)
    )

    assert first.end == second.start
    assert first.seconds == second.seconds == HOUR_S


@given(moment=MOMENTS, zone=ZONES)
def test_an_hour_is_an_hour_or_what_is_left_of_the_day(moment: int, zone: ZoneInfo) -> None:
    hour, day = (period_of(per, moment, zone) for per in (Per.HOUR, Per.DAY))

    assert hour.seconds == HOUR_S or hour.end == day.end


@given(moment=MOMENTS, zone=ZONES)
def test_a_month_is_its_days(moment: int, zone: ZoneInfo) -> None:
    month, day = (period_of(per, moment, zone) for per in (Per.MONTH, Per.DAY))

    assert month.start <= day.start < day.end <= month.end
    assert 27.9 < month.seconds / 86_400 < 31.1


@given(per=TIMED, moment=MOMENTS, zone=ZONES)
def test_the_same_point_lies_in_the_other_period(per: Per, moment: int, zone: ZoneInfo) -> None:
    period = period_of(per, moment, zone)

    for other in period.before(3):
        assert other.start <= period.same_point(moment, other) <= other.end
    assert abs(period.same_point(moment, period) - moment) < 1


def test_the_same_point_is_the_same_time_of_the_day_whatever_the_clock_did() -> None:
    monday = period_of(Per.DAY, at(BERLIN, 2026, 3, 30, 14), BERLIN)
    (sunday,) = monday.before(1)

    assert monday.same_point(at(BERLIN, 2026, 3, 30, 14), sunday) == at(BERLIN, 2026, 3, 29, 14)


def test_a_day_that_another_month_lacks_is_its_end() -> None:
    march = period_of(Per.MONTH, at(BERLIN, 2026, 3, 31, 14), BERLIN)
    (february,) = march.before(1)

    assert march.same_point(at(BERLIN, 2026, 3, 31, 14), february) == february.end
    assert march.same_point(at(BERLIN, 2026, 3, 9, 14), february) == at(BERLIN, 2026, 2, 9, 14)


def test_weekends_are_saturday_and_sunday_there() -> None:
    days = [period_of(Per.DAY, at(BERLIN, 2026, 9, day, 1), BERLIN) for day in range(21, 28)]

    assert [day.is_weekend for day in days] == [False] * 5 + [True] * 2
    assert isinstance(days[0], Period)
