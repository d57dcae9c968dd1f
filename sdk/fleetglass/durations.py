"""Durations as people write them: `30`, `"30s"`, `"500ms"`, `"5m"`, `"2h"`, `"7d"`."""

import re

from fleetglass._errors import ConfigurationError

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds(duration: str | float) -> float:
    """`30`, `"30s"`, `"500ms"`, `"5m"`."""
    if isinstance(duration, int | float):
        return float(duration)
    if not (match := DURATION.fullmatch(duration.strip())):
        raise ConfigurationError(f"a duration is like '30s', '5m' or 30, not {duration!r}")
    return float(match[1]) * SECONDS[match[2] or "s"]
