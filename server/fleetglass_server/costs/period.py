"""Which minutes a report is about: all of its questions ask for the same."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from fleetglass_collector.errors import ConfigError

MINUTE_S = 60
# The last second that a DateTime holds.
LAST = 0xFFFF_FFFF
# Without --until, a period ends this long after now: the clocks of agents differ a little. A span
# that is dated later has a wrong clock.
SKEW_S = 300
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([mhdw])", re.ASCII)
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NAMES = ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The minutes from `start` up to `end`, and the period of the same length before them."""

    start: int
    end: int
    length: int
    now: int
    is_open: bool = False
    """Whether it ends at the present time."""
    tenant: str = field(default="")

    @property
    def before(self) -> int:
        return max(0, self.start - self.length)

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameters of a query."""
        return {
            "param_start": str(self.start),
            "param_end": str(self.end),
            "param_before": str(self.before),
            "param_tenant": self.tenant,
        }

    @property
    def title(self) -> str:
        """Return the period in words, such as "24 hours to 2026-09-21 14:13 UTC"."""
        return f"{duration_words(self.length)} to {moment(self.until)}"

    @property
    def until(self) -> int:
        """Return the end that people see."""
        return self.now if self.is_open else self.end


def of(*, now: int, since: str, until: str = "", tenant: str = "") -> Period:
    """Return the chosen period; `now` is the time of the database.

    Minutes are whole. The first one is the first that begins in the period, as in
    `minute >= now() - INTERVAL ...`.

    Raises:
        ConfigError: A time cannot be read, or the period has no minute.
    """
    end = _up(_moment(until, now)) if until else _up(now) + SKEW_S
    last = end if until else now
    start = _up(_moment(since, last))
    length = last - _moment(since, last) if _DURATION.fullmatch(since) else last - start
    if start >= last or length < MINUTE_S:
        raise ConfigError(f"--since {since} leaves no minute before {moment(last)}")
    return Period(
        start=start, end=end, length=_up(length), now=now, is_open=not until, tenant=tenant
    )


def moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M} UTC"


def duration_words(seconds: int) -> str:
    """Return a duration in the largest unit that needs no fraction.

    >>> duration_words(86400), duration_words(604800), duration_words(5400)
    ('24 hours', '7 days', '90 minutes')
    """
    if seconds == 86_400:
        return "24 hours"
    unit, name = next(item for item in _NAMES[1:] if seconds % item[0] == 0 or item[0] == 60)
    count = seconds // unit
    return f"{count} {name}{'' if count == 1 else 's'}"


def _moment(text: str, last: int) -> int:
    """Read a time. A duration counts back from `last`, and a day begins at midnight UTC."""
    if found := _DURATION.fullmatch(text.strip().lower()):
        return max(0, int(last - float(found[1]) * _SECONDS[found[2]]))
    try:
        written = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(
            f"a time is like '24h', '7d', '2026-09-21' or '2026-09-21T14:00', not {text!r}"
        ) from None
    second = int((written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp())
    if not 0 <= second < LAST:
        raise ConfigError(f"{text!r} is not between 1970 and 2106")
    return second


def day_start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _up(second: int) -> int:
    """Round up to a whole minute."""
    return -(-second // MINUTE_S) * MINUTE_S
