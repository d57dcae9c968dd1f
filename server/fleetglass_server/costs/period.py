"""Which minutes a report is about: all of its questions ask for the same."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from fleetglass_collector.errors import ConfigError

MINUTE_S = 60
# The last second that a DateTime holds. Without --until there is no end: so panels ask as well.
OPEN = 0xFFFF_FFFF
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([mhdw])", re.ASCII)
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NAMES = ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From its first minute to the one it ends before; and as long a while before that."""

    start: int
    end: int
    length: int
    now: int
    tenant: str = field(default="")

    @property
    def before(self) -> int:
        return max(0, self.start - self.length)

    @property
    def parameters(self) -> dict[str, str]:
        """For a question to the database."""
        return {
            "param_start": str(self.start),
            "param_end": str(self.end),
            "param_before": str(self.before),
            "param_tenant": self.tenant,
        }

    @property
    def title(self) -> str:
        """For people: "24 hours to 2026-09-21 14:13 UTC"."""
        until = self.now if self.end == OPEN else self.end
        return f"{duration_words(self.length)} to {moment(until)}"


def of(*, now: int, since: str, until: str = "", tenant: str = "") -> Period:
    """The period that was asked for, from the database's own clock.

    Minutes are whole: the first is the first that begins in it, as `minute >= now() - INTERVAL ...`
    has it.

    Raises:
        ConfigError: What was asked for is no time, or none is left.
    """
    end = _up(_moment(until, now)) if until else OPEN
    last = end if until else now
    start = _up(_moment(since, last))
    length = last - _moment(since, last) if _DURATION.fullmatch(since) else last - start
    if start >= last or length < MINUTE_S:
        raise ConfigError(f"--since {since} leaves no minute before {moment(last)}")
    return Period(start=start, end=end, length=_up(length), now=now, tenant=tenant)


def moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M} UTC"


def duration_words(seconds: int) -> str:
    """In the largest unit that does without a fraction.

    >>> duration_words(86400), duration_words(604800), duration_words(5400)
    ('24 hours', '7 days', '90 minutes')
    """
    if seconds == 86_400:
        return "24 hours"
    unit, name = next(item for item in _NAMES[1:] if seconds % item[0] == 0 or item[0] == 60)
    count = seconds // unit
    return f"{count} {name}{'' if count == 1 else 's'}"


def _moment(text: str, last: int) -> int:
    """A duration counts back; a day begins at midnight UTC."""
    if found := _DURATION.fullmatch(text.strip().lower()):
        return max(0, int(last - float(found[1]) * _SECONDS[found[2]]))
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(
            f"a time is like '24h', '7d', '2026-09-21' or '2026-09-21T14:00', not {text!r}"
        ) from None
    second = int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())
    if not 0 <= second < OPEN:
        raise ConfigError(f"{text!r} is no time of this age")
    return second


def day_start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _up(second: int) -> int:
    """To a whole minute."""
    return -(-second // MINUTE_S) * MINUTE_S
