"""Whose days a bill has."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fleetglass_collector.errors import ConfigError


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        ConfigError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"there is no time zone {name!r}; they are called like 'UTC' or 'America/Los_Angeles'"
        ) from None
