"""An entry of the audit log, and the hash that ties it to the one before.

    hash = SHA-256 of the entry without its hash, as JSON: keys sorted, no spaces, UTF-8 (RFC 8785)

An entry contains the hash of the entry before it, so its own hash stands for the whole chain so
far. `body` is a text that contains JSON: so no number in it can be written in two ways.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

# What the first entry of a chain has for the hash of the one before.
NOTHING = ""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is to be logged. It never contains a prompt, an argument or an answer."""

    kind: str
    """`violation`, `policy`, `directive`, `incident` and so on."""
    by: str
    """Who did it: a person, an agent or a part of fleetglass."""
    tenant: str = ""
    about: str = ""
    """The id of what it is about, such as an incident's."""
    body: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    chain: str
    number: int
    """Counts from 1 in each chain, without gaps."""
    at: str
    """UTC, as `2026-07-01 12:00:00.000000`."""
    tenant: str
    kind: str
    about: str
    by: str
    body: str
    """JSON."""
    previous: str
    """The hash of the entry before it."""
    hash: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the entry in a line.

        Raises:
            TypeError: It is no entry: a field is missing, unknown or of another kind.
        """
        entry = cls(**values)
        for name, value in entry.fields.items():
            # A number that is merely equal, such as 1.0, is another text and has another hash.
            if type(value) is not (int if name == "number" else str):
                raise TypeError(f"{name!r} is of another kind")
        return entry

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the entry in a row of the database, which may quote large numbers."""
        number: Any = int(row["number"])
        return cls.of({**row, "number": number})

    @property
    def line(self) -> str:
        """The entry with its hash, as one line of JSON; in ASCII, so safe in any terminal."""
        return json.dumps(self.fields, sort_keys=True)

    @property
    def fields(self) -> dict[str, str | int]:
        # `asdict` copies each value: several times as long.
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def right_hash(self) -> str:
        fields = self.fields
        del fields["hash"]
        return hashlib.sha256(_canonical(fields).encode("utf-8", "replace")).hexdigest()

    @property
    def is_intact(self) -> bool:
        return self.hash == self.right_hash


def chained(chain: str, last: Entry | None, events: Iterable[Event], ns: int) -> Iterator[Entry]:
    """Yield the entries of events, as they follow the last one of the chain."""
    before, previous = (last.number, last.hash) if last else (0, NOTHING)
    for number, event in enumerate(events, before + 1):
        entry = _entry(chain, number, event, previous, _stamp(ns))
        previous = entry.hash
        yield entry


def _entry(chain: str, number: int, event: Event, previous: str, at: str) -> Entry:
    texts = {
        "chain": chain,
        "at": at,
        "tenant": event.tenant,
        "kind": event.kind,
        "about": event.about,
        "by": event.by,
        "body": _canonical(event.body),
        "previous": previous,
    }
    clean = {name: _clean(text) for name, text in texts.items()}
    fields: dict[str, Any] = {**clean, "number": number}
    return Entry(**fields, hash=Entry(**fields).right_hash)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _canonical(fields: Mapping[str, object]) -> str:
    return _encode(fields)


def _clean(text: str) -> str:
    """Return a text that the database gives back as it is: lone surrogates have no UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _stamp(ns: int) -> str:
    # Not by a float, which would lose microseconds.
    time = EPOCH + timedelta(microseconds=ns // 1000)
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")
