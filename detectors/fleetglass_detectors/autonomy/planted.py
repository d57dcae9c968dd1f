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
from functools import lru_cache

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


def planted(run: Run, action: Action, action_class: ActionClass) -> Violation | None:
    """Return the violation if an argument comes from orders in a text that the agent read."""
    before = [text for text in run.untrusted if text.at_ns <= action.start_ns]
    read = [(text, content) for text in before if (content := contents(text.text)).orders]
    if not read:
        return None
    trusted = " ".join(plain(text.text) for text in run.trusted)
    rest = " ".join(contents(text.text).rest for text in before)
    for name, value in _values(action, action_class):
        if value in trusted or value in rest:
            continue
        if text := next((text for text, content in read if value in content.orders), None):
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


@lru_cache(maxsize=4096)
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


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return the text in lower case, with one space for each gap, without a dot at its end."""
    return _SPACE.sub(" ", text).strip().lower().rstrip(".,;/")
