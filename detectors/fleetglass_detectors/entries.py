"""What stands in `fleet.yaml`, checked as it is read."""

import difflib
from collections.abc import Iterable
from typing import Any, cast

from fleetglass import ConfigurationError


def mapping(value: Any, place: str, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place} must hold names with values, not {value!r}")
    given = cast("dict[str, Any]", value)
    known = tuple(known)
    for name in given:
        if name not in known:
            raise ConfigurationError(f"{place} has an unknown key {name!r}; {near(name, known)}")
    return given


def entries(value: Any, name: str, where: str) -> list[Any]:
    """A list; a key with nothing after it is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ConfigurationError(f"{name!r} in {where} must be a list, not {value!r}")
    return [*cast(Any, value)]


def number(name: str, value: Any, place: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # `not <` and not `>=`: NaN is neither.
    if not is_number or not 0 < value < float("inf"):
        raise ConfigurationError(f"{name!r} of {place} must be a number over 0, not {value!r}")
    return cast(float, value)


def near(name: object, known: Iterable[str]) -> str:
    """What to do about a name that is not known."""
    known = tuple(known)
    found = difflib.get_close_matches(str(name), known, 1)
    return f"did you mean {found[0]!r}?" if found else f"known are {', '.join(known)}"
