"""Provenance: an argument that nobody with a right to give orders ever mentioned.

An agent that pays an account, writes to an address or opens a page got that value from somewhere:
from a person, from its owner, or from a text that it read. Many honest tasks use what was read
("pay the bill in this file"). What gives a planted value away is that a passage which gives orders
to the agent mentions it, that no trusted text does, and that nothing else that was read does
either.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from fleetglass.autonomy.action import Action, leaves
from fleetglass.autonomy.classes import HARMLESS, ActionClass
from fleetglass.autonomy.ruling import masked
from fleetglass.autonomy.violation import Rule, Violation
from fleetglass_detectors.autonomy.orders import passages
from fleetglass_detectors.autonomy.run import Run, Text

# Shorter texts and numbers occur everywhere.
SHORTEST = 3
_SHORT_NUMBER = re.compile(r"[\d.,-]{1,4}")
_NAMED = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+|(?:https?://|www\.)[^\s\"'<>)]+|\b[a-z]{2}\d{2}[a-z0-9]{8,}\b",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?")
_SPACE = re.compile(r"(?:\s|\\n|\\t|\\r)+")


@dataclass(frozen=True, slots=True)
class Content:
    """A text that a tool returned: the passages that give orders, and the rest."""

    orders: str
    rest: str


class Sources:
    """What a run was told, taken apart once for all of its actions."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def read(self) -> list[tuple[Text, Content]]:
        return [(text, contents(text.text)) for text in self._run.untrusted]

    @cached_property
    def trusted(self) -> str:
        return " ".join(plain(text.text) for text in self._run.trusted)


def planted(sources: Sources, action: Action, action_class: ActionClass) -> Violation | None:
    """Return the violation if an argument comes from orders in a text that the agent read."""
    before = [one for one in sources.read if one[0].at_ns <= action.start_ns]
    if not any(content.orders for _, content in before):
        return None
    for name, value in _values(action, action_class):
        if value in sources.trusted or any(value in content.rest for _, content in before):
            continue
        if text := next((text for text, content in before if value in content.orders), None):
            return _violation(action, name, value, text)
    return None


def _values(action: Action, action_class: ActionClass) -> Iterator[tuple[str, str]]:
    """Yield what an action sends out: of a read, only where it reads."""
    for name, text in leaves(action.values):
        parts = {text, *_NAMED.findall(text)}
        for part in sorted(parts, key=len):
            if action_class in HARMLESS and not _URL.match(part.strip()):
                continue
            value = _SCHEME.sub("", plain(part))
            if len(value) >= SHORTEST and not _SHORT_NUMBER.fullmatch(value):
                yield name, value


def _violation(action: Action, name: str, value: str, source: Text) -> Violation:
    argument = f"the argument {name}" if name else "an argument"
    where = f"a result of {source.source}" if source.source else "a text that the agent read"
    return Violation(
        rule=Rule.PLANTED,
        action=action,
        what=f"took {argument} from orders in {where}; nobody else ever mentioned it",
        legal_if=f"a person or the owner's instructions mention {masked(value)}",
        why=(f"{name or 'argument'} {masked(value)}", f"source {source.source or 'a text'}"),
        since_ns=source.at_ns,
    )


# A run is read again when more of it arrives. A text may be long, so few are kept.
@lru_cache(maxsize=256)
def contents(text: str) -> Content:
    orders: list[str] = []
    rest: list[str] = []
    last = 0
    for start, end in passages(text):
        rest.append(text[last:start])
        orders.append(text[start:end])
        last = end
    rest.append(text[last:])
    return Content(plain(" ".join(orders)), plain(" ".join(rest)))


def plain(text: str) -> str:
    """Return the text in lower case, with one space for each gap, without a dot at its end."""
    return _SPACE.sub(" ", text).strip().lower().rstrip(".,;/")
