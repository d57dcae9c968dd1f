"""Conditions that owners write in CEL, such as `args.currency == "USD" && amount < 20`.

CEL has no loops but those over a given list, and its regular expressions take linear time. What is
left, lists within lists, is bounded here: at most one such loop, short expressions, and arguments
of a bounded size. So a condition cannot hold up the detectors.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from fleetglass._errors import ConfigurationError

LONGEST = 500
MOST_BYTES = 16_384
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(")
_WHERE = re.compile(r":(\d+):(\d+): (.+)")
NAMES = ("args", "agent", "cohort", "tool", "action", "amount", "to")


class Condition:
    """A compiled expression. It is true, false, or None if it cannot be known."""

    def __init__(self, text: str, place: str) -> None:
        """Raises: ConfigurationError: The expression is not valid, or could take too long."""
        if not isinstance(text, str) or not text.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"{place} must be a condition in CEL, not {text!r}")
        if len(text) > LONGEST:
            raise ConfigurationError(f"{place} is longer than {LONGEST} characters")
        if len(_LOOP.findall(text)) > 1:
            raise ConfigurationError(
                f"{place} has a loop inside or beside another one, which could take very long; "
                "use one"
            )
        self.text = text
        cel = _library(place)
        try:
            self._program = cel.compile(text)
        except (ValueError, RuntimeError) as error:
            raise ConfigurationError(f"{place} is not valid CEL: {_reason(error)}") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def holds(self, facts: Mapping[str, Any]) -> bool | None:
        """Return whether it holds; None if a fact is missing or of another type."""
        try:
            if len(json.dumps(facts["args"])) > MOST_BYTES:
                return None
            answer = self._program.execute(dict(facts))
        except Exception:
            # The library raises what the expression met: a missing member, a division by zero.
            return None
        return answer if isinstance(answer, bool) else None


def _library(place: str) -> Any:
    try:
        # Agents without conditions need not have it.
        import cel  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise ConfigurationError(
            f"{place} needs a package that is missing: pip install 'fleetglass[enforce]'"
        ) from error
    return cel


def _reason(error: Exception) -> str:
    found = _WHERE.search(str(error))
    return f"column {found[2]}: {found[3]}" if found else str(error).partition("\n")[0]
