"""One action: a call of a tool, or another step with a declared action."""

import json
import re
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
COPIES = ("cc", "bcc")
MOST_LEAVES = 1_000
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_AMOUNT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


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
        """Return how much is at stake; money that flows back is as much as money that flows."""
        found = self.declared_amount
        if found is None:
            found = _number(self._at(kind.amount if kind else "", AMOUNTS))
        return None if found is None else abs(found)

    def rows(self, kind: Kind | None) -> float | None:
        found = self._at(kind.rows if kind else "", ROWS)
        return len(found) if isinstance(found, list) else _number(found)  # pyright: ignore[reportUnknownArgumentType]

    def targets(self, kind: Kind | None) -> tuple[str, ...]:
        """Return to whom it goes: addresses, accounts, URLs, channels."""
        main = [*_recipients(self._at(kind.to if kind else "", TARGETS))]
        copies = (one for name in COPIES for one in _recipients(self.values.get(name)))
        return (*main, *(one for one in copies if _MAIL.fullmatch(one)))

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


def _recipients(value: Any) -> Iterator[str]:
    many: list[Any] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
    for one in many:
        text = str(one) if isinstance(one, str | int) and not isinstance(one, bool) else ""
        # One text may hold several addresses, each with a name.
        mails = [] if text.startswith(("http://", "https://")) else _MAIL.findall(text)
        yield from mails or ([text] if text else [])


def _number(value: Any) -> float | None:
    """Return a number; None if it could be read in two ways, such as `1,50`."""
    if isinstance(value, str):
        text = value.strip().lstrip("$€£").strip()
        value = float(text.replace(",", "")) if _AMOUNT.fullmatch(text) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value == value else None  # pyright: ignore[reportUnknownArgumentType]
