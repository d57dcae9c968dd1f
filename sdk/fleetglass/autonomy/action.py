"""One action: a call of a tool, or another step with a declared action."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from fleetglass.autonomy.policy import Kind

# Where no kind names the argument, these do, the first that is there.
AMOUNTS = ("amount", "total", "sum", "price", "usd", "value")
TARGETS = (
    "to",
    "recipient",
    "recipients",
    "email",
    "user_email",
    "account",
    "iban",
    "url",
    "address",
    "channel",
    "participants",
    "destination",
    "phone",
    "user",
)
ROWS = ("rows", "limit", "count")
MOST_LEAVES = 1_000


@dataclass(frozen=True, kw_only=True)
class Action:
    """A call of a tool, or another span with a declared action."""

    key: int
    segment: int
    span_id: str
    start_ns: int
    end_ns: int
    agent: str = ""
    cohort: str = ""
    claimed: str = ""
    """The tier that the span itself names."""
    tool: str = ""
    action: str = ""
    arguments: str = ""
    """As JSON, as they were recorded."""
    given: Mapping[str, Any] | None = None
    """The arguments themselves, of a call that is about to be made."""
    declared_amount: float | None = None
    mark: str = ""
    """The fingerprint of its arguments as it says itself: contents may be recorded in part."""
    failed: bool = False
    lineage: tuple[str, ...] = ()
    """The agents above it, the nearest first; without its own agent."""

    @property
    def name(self) -> str:
        return self.tool or self.action

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Its arguments by name; empty if they were not recorded or are not JSON."""
        if self.given is not None:
            return self.given
        try:
            parsed = json.loads(self.arguments) if self.arguments else None
        except (ValueError, RecursionError):
            return {}
        return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}

    def amount(self, kind: Kind | None) -> float | None:
        if self.declared_amount is not None:
            return self.declared_amount
        return _number(self._at(kind.amount if kind else "", AMOUNTS))

    def rows(self, kind: Kind | None) -> float | None:
        found = self._at(kind.rows if kind else "", ROWS)
        return len(found) if isinstance(found, list) else _number(found)  # pyright: ignore[reportUnknownArgumentType]

    def targets(self, kind: Kind | None) -> tuple[str, ...]:
        """Return to whom it goes: addresses, accounts, URLs, channels."""
        found = self._at(kind.to if kind else "", TARGETS)
        many = found if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownVariableType]
        return tuple(str(one) for one in many if isinstance(one, str | int) and one != "")  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    def _at(self, path: str, usual: Sequence[str]) -> Any:
        if path:
            return _inside(self.values, path)
        return next((self.values[name] for name in usual if name in self.values), None)


def leaves(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts and numbers inside a value, each with the name it stands under."""
    stack: list[tuple[str, Any]] = [("", value)]
    for _ in range(MOST_LEAVES):
        if not stack:
            return
        name, one = stack.pop()
        if isinstance(one, dict):
            stack += [(str(key), inner) for key, inner in one.items()]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        elif isinstance(one, list):
            stack += [(name, inner) for inner in one]  # pyright: ignore[reportUnknownVariableType]
        elif isinstance(one, str) and one:
            yield name, one
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield name, str(one)


def _inside(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return found  # pyright: ignore[reportUnknownVariableType]


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value.strip().lstrip("$€£").replace(",", ""))
        except ValueError:
            return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value == value else None  # pyright: ignore[reportUnknownArgumentType]
