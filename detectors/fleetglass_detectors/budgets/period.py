"""The hour, day or month that holds a moment, in a timezone.

A day goes from midnight to midnight, so it may have 23 or 25 hours. A month consists of such days.
Hours are counted from midnight, so if clocks go back by half an hour, the last hour of the day is
shorter. Times are whole seconds since 1970.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fleetglass_detectors.budgets.declared import Per

HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    per: Per
    start: int
    end: int
    zone: tzinfo

    @property
    def seconds(self) -> int:
        return self.end - self.start

    @property
    def is_weekend(self) -> bool:
        return datetime.fromtimestamp(self.start, self.zone).weekday() >= 5

    def same_point(self, at: int, other: "Period") -> int:
        """Return the moment in another period that corresponds to `at` in this one.

        It is the same time of day, on the same day of the month. If the other month does not have
        that day, it is the end of that month.
        """
        if self.per is Per.HOUR:
            return min(other.start + at - self.start, other.end)
        local = datetime.fromtimestamp(at, self.zone)
        there = datetime.fromtimestamp(other.start, self.zone)
        if self.per is Per.DAY:
            moment = datetime.combine(there.date(), local.time(), self.zone)
        else:
            try:
                moment = local.replace(year=there.year, month=there.month)
            except ValueError:
                return other.end
        return min(max(int(moment.timestamp()), other.start), other.end)

    def before(self, most: int) -> Iterator["Period"]:
        """Return the periods before this one, the latest first."""
        period = self
        for _ in range(most):
            period = period_of(period.per, period.start - 1, period.zone)
            yield period


def period_of(per: Per, at: int, zone: tzinfo) -> Period:
    """Return the only period that holds a moment."""
    local = datetime.fromtimestamp(at, zone)
    year, month, day = local.year, local.month, local.day
    if per is Per.MONTH:
        start = _midnight(zone, year, month, 1)
        end = _midnight(zone, year + month // 12, month % 12 + 1, 1)
        return Period(per=per, start=start, end=end, zone=zone)
    start, end = _midnight(zone, year, month, day), _next_midnight(zone, local)
    if per is Per.HOUR:
        start += (at - start) // HOUR_S * HOUR_S
        end = min(start + HOUR_S, end)
    return Period(per=per, start=start, end=end, zone=zone)


def _next_midnight(zone: tzinfo, local: datetime) -> int:
    # Use the calendar: 24 hours later may still be the same day, or the day after the next.
    following = datetime.fromordinal(local.toordinal() + 1)
    return _midnight(zone, following.year, following.month, following.day)


def _midnight(zone: tzinfo, year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=zone).timestamp())
