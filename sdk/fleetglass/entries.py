"""Checks the values of `fleet.yaml` while it is read, and says on which line a mistake is."""

import difflib
from collections.abc import Iterable
from typing import Any, cast

from fleetglass._errors import ConfigurationError


class Fields(dict[str, Any]):
    """A mapping of a YAML document, with the place of each key."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, tuple[int, int]] = {}

    @property
    def line(self) -> int:
        """The line of the first key, 0 if there is none."""
        return min((line for line, _ in self.places.values()), default=0)

    def at(self, key: str) -> str:
        """Return the place of a key for people, such as `line 3, column 5`."""
        line, column = self.places.get(key, (self.line, 1))
        return f"line {line}, column {column}"


def line_of(value: Any) -> int:
    return value.line if isinstance(value, Fields) else 0


def place_of(value: Any, key: str) -> str:
    """Return `, line 3, column 5` for a key of a mapping that was read from a document."""
    return f", {value.at(key)}" if isinstance(value, Fields) and key in value.places else ""


def mapping(value: Any, place: str, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place} must hold names with values, not {value!r}")
    fields = cast("dict[str, Any]", value)
    known = tuple(known)
    for name in fields:
        if name not in known:
            at = place_of(value, name)
            raise ConfigurationError(
                f"{place}{at}{',' * bool(at)} has an unknown key {name!r}; {near(name, known)}"
            )
    return fields


def entries(value: Any, name: str, where: str) -> list[Any]:
    """Return a list. A key without a value is an empty list."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ConfigurationError(f"{name!r} in {where} must be a list, not {value!r}")
    return [*cast(Any, value)]


def number(name: str, value: Any, place: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # NaN is not above 0, and so it is refused too.
    if not is_number or not 0 < value < float("inf"):
        raise ConfigurationError(f"{name!r} of {place} must be a number over 0, not {value!r}")
    return cast(float, value)


def near(name: object, known: Iterable[str]) -> str:
    """Return advice for a name that is not known."""
    known = tuple(known)
    matches = difflib.get_close_matches(str(name), known, 1)
    return f"did you mean {matches[0]!r}?" if matches else f"known are {', '.join(known)}"
