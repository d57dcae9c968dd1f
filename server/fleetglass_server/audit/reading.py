"""Reads the entries of the audit log one after the other, however many there are."""

import itertools
import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from fleetglass_collector.errors import ConfigError
from fleetglass_collector.store.reader import Reader
from fleetglass_detectors.audit.entry import Entry

ENTRIES = (files("fleetglass_server.audit") / "entries.sql").read_text()


def stored(reader: Reader, since_us: int = 0) -> Iterator[Entry]:
    """Yield the entries by chain and number. One that was sent again is no second one."""
    pieces = reader.stream(ENTRIES, "JSONEachRow", param_since_us=str(since_us))
    entries = (Entry.of_row(json.loads(line)) for line in _lines(pieces))
    return (entry for entry, _ in itertools.groupby(entries))


def exported(file: Path) -> Iterator[Entry]:
    """Yield the entries of an export.

    Raises:
        ConfigError: The file cannot be read, or a line is no entry.
    """
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield _entry(line, f"{str(file)!r}, line {number}")
    except OSError as error:
        raise ConfigError(f"cannot read {str(file)!r}: {error.strerror}") from error


def _entry(line: bytes, place: str) -> Entry:
    try:
        return Entry.of(json.loads(line))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{place} is no entry of 'fleetglass audit export'") from error


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest
