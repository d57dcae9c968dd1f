"""Writes the audit log: one chain for each writer.

Several processes write at the same time, so each has a chain of its own: its name is what the
writer is, such as `api`, and a random id. The writer keeps its last entries, with the name, in
a storage that no other running process uses. So the next start continues the chain:

- The entries are kept before they are inserted. If a crash or the database leaves open whether they
  were inserted, they are inserted again, the same bytes with the same hash: no second entries.
- The database may be a replica that lags behind, so it is not asked which entry was the last, but
  for the case that the storage is older than the log, as after a full disk.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Protocol

from fleetglass_detectors.audit.entry import Entry, Event, chained
from fleetglass_detectors.database import Database

log = logging.getLogger(__name__)

SQL = files("fleetglass_detectors.audit")
LAST = (SQL / "last.sql").read_text()
KNOWN = (SQL / "known.sql").read_text()


class Storage(Protocol):
    """Keeps the last entries of a writer. Raises `OSError` if it cannot."""

    def save(self, content: bytes, /) -> None: ...
    def load(self) -> bytes | None: ...


def random_id() -> str:
    return os.urandom(6).hex()


class Log:
    """The audit log as one writer sees it. Threads may share it."""

    def __init__(
        self,
        writer: str,
        storage: Callable[[], Storage],
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        """`storage` is called at the first write: a process that was just stopped may still run."""
        self._writer = writer
        self._open = storage
        self._clock_ns = clock_ns
        self._new_id = new_id
        self._lock = threading.Lock()
        self._storage: Storage | None = None
        self._chain = ""
        self._last: Entry | None = None
        # What may not have arrived.
        self._unsent: Sequence[Entry] = ()
        self._warned = False

    def write(self, database: Database, events: Sequence[Event]) -> None:
        """Add events to the log with one insert.

        An error of the database passes through, and then what the caller wanted to do must not be
        done. If the entries were made by then, the next call inserts them before its own: an entry
        may tell of something that was asked for and failed, but nothing is done without one.
        """
        with self._lock:
            self._catch_up(database)
            self._append(database, events)

    def write_once(self, database: Database, events: Sequence[Event]) -> None:
        """Like `write`, but leave out what the log already has an entry of the same kind about."""
        with self._lock:
            self._catch_up(database)
            known = {kind: _known(database, kind, events) for kind in {e.kind for e in events}}
            self._append(database, [e for e in events if e.about not in known[e.kind]])

    def _catch_up(self, database: Database) -> None:
        """Find the end of the chain, and insert what may not have arrived."""
        if not self._chain:
            self._continue(database)
        self._send(database)

    def _continue(self, database: Database) -> None:
        kept = self._kept()
        chain = kept[-1].chain if kept else f"{self._writer}-{self._new_id()}"
        last = _last(database, chain)
        if kept and (last is None or last.number <= kept[-1].number):
            # An insert arrives whole or not at all.
            self._last, self._unsent = kept[-1], [] if last == kept[-1] else kept
        else:
            self._last = last
        self._chain = chain

    def _kept(self) -> list[Entry]:
        """Return the last entries that an earlier start has kept; none if they are unreadable."""
        try:
            self._storage = self._storage or self._open()
            content = self._storage.load() or b""
            entries = [Entry.of(json.loads(line)) for line in content.splitlines()]
            if not all(entry.is_intact for entry in entries):
                raise ValueError("an entry does not have its hash")
        except (OSError, TypeError, ValueError) as error:
            log.warning("the end of the audit log is not kept, so a new chain begins: %s", error)
            return []
        return entries

    def _append(self, database: Database, events: Sequence[Event]) -> None:
        entries = [*chained(self._chain, self._last, events, self._clock_ns())]
        if entries:
            self._keep(entries)
            self._last, self._unsent = entries[-1], entries
            self._send(database)

    def _keep(self, entries: Sequence[Entry]) -> None:
        try:
            if self._storage:
                self._storage.save(_lines(entries))
        except OSError as error:
            if not self._warned:
                log.warning("cannot keep the end of the audit log's chain: %s", error.strerror)
            self._warned = True

    def _send(self, database: Database) -> None:
        if self._unsent:
            database.insert("audit_log", _lines(self._unsent))
            self._unsent = ()


def _lines(entries: Sequence[Entry]) -> bytes:
    return "\n".join(entry.line for entry in entries).encode()


def _last(database: Database, chain: str) -> Entry | None:
    (line, *_) = database.query(LAST, parameters={"chain": chain}).splitlines() or [b""]
    return Entry.of_row(json.loads(line)) if line else None


def _known(database: Database, kind: str, events: Sequence[Event]) -> set[str]:
    abouts = [event.about for event in events if event.kind == kind]
    rows = database.query(KNOWN, parameters={"kind": kind, "abouts": abouts}).splitlines()
    return {json.loads(row)["about"] for row in rows}
