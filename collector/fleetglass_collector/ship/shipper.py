"""The shipper inserts sealed segments into the database, oldest first, until each is confirmed."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fleetglass_collector.backoff import Backoff
from fleetglass_collector.errors import DatabaseError, StoreError
from fleetglass_collector.journal import Journal, Segment
from fleetglass_collector.journal.quarantine import Quarantine, inspect
from fleetglass_collector.journal.record import Damage, Record

log = logging.getLogger(__name__)

# A store that starts beside the collector may take this long before an error is logged.
QUIET_S = 3.0
MEMORY_LIMIT, MOST_SHORTAGES = 241, 5
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.4, 15.0


class Target(Protocol):
    """The database. An insert with a token that was stored before stores nothing more."""

    def prepare(self) -> None:
        """Create the missing tables.

        Raises:
            StoreError: The database cannot be reached.
        """
        ...

    def insert_segment(self, body: bytes | memoryview, token: str) -> None: ...


@dataclass(slots=True)
class Progress:
    """What /metrics says about inserts into the database."""

    inserts: int = 0
    failures: int = 0
    failing_since: float | None = None
    last_error: str = ""
    insert_seconds: float = 0.0


class Shipper:
    """One thread that ships. A segment that the database refuses does not block later ones."""

    def __init__(
        self,
        journal: Journal,
        target: Target,
        quarantine: Quarantine,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.progress = Progress()
        self._journal = journal
        self._target = target
        self._quarantine = quarantine
        self._jitter = jitter
        self._stopping = threading.Event()
        self._draining = threading.Event()
        self._prepared = False
        self._reported = ""
        self._shortages = 0
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)
        self._thread.start()

    def stop(self, *, drain_s: float) -> None:
        """Ship the waiting segments until one fails or `drain_s` is over, then stop.

        The next start ships the rest.
        """
        deadline = time.monotonic() + drain_s
        failures = self.progress.failures
        self._draining.set()
        while self._journal.state().waiting_segments and time.monotonic() < deadline:
            if self.progress.failures > failures or not self._thread.is_alive():
                break
            time.sleep(0.02)
        self._stopping.set()
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S, jitter=self._jitter)
        while not self._stopping.is_set():
            segment = self._journal.next(timeout_s=0.2) if self._prepared else None
            try:
                if not self._prepared:
                    self._target.prepare()
                    self._prepared = True
                elif segment:
                    self._ship(segment)
                backoff.reset()
                self._note_success()
            except Exception as error:
                # After any error the segments stay in the journal, and the shipper tries again.
                self._note_failure(error)
                self._draining.wait(backoff.next())

    def _note_success(self) -> None:
        if self.progress.failing_since is not None:
            self.progress.failing_since = None
            self.progress.last_error = ""
        if self._reported:
            self._reported = ""
            log.info("the database stores spans again")

    def _note_failure(self, error: Exception) -> None:
        progress = self.progress
        if progress.failing_since is None:
            progress.failing_since = time.monotonic()
        # Log once for each cause, not for each attempt. Only the first line: the details are long.
        message = str(error).partition("\n")[0][:300]
        # A database that cannot be reached may come back in a moment; one that refuses will not.
        failing_s = time.monotonic() - progress.failing_since
        is_due = failing_s >= QUIET_S or isinstance(error, DatabaseError)
        if message != self._reported and is_due:
            self._reported = message
            log.error("the database stores no spans; they wait in the journal: %s", message)
        progress.failures += 1
        progress.last_error = message

    def _ship(self, segment: Segment) -> None:
        data = memoryview(self._journal.read(segment))
        records, damages = inspect(data)
        if damages:
            self._quarantine_damage(segment, data, records, damages)
            return
        try:
            began = time.monotonic()
            self._target.insert_segment(data, f"{self._journal.id}-{segment.name}")
            self.progress.insert_seconds += time.monotonic() - began
            self.progress.inserts += 1
        except StoreError as error:
            if not isinstance(error, DatabaseError) and not self._is_too_large(error):
                raise
            self._divide(segment, data, error)
            return
        self._shortages = 0
        self._journal.retire(segment, stored=segment.spans)

    def _is_too_large(self, error: StoreError) -> bool:
        """Tell whether memory ran out so often that the segment itself must be the reason.

        A few megabytes can hold millions of empty fields. Such an insert has stored nothing: it
        fails while it reads, before it writes the one block that a segment makes.
        """
        self._shortages = self._shortages + 1 if error.code == MEMORY_LIMIT else 0
        return self._shortages > MOST_SHORTAGES

    def _divide(self, segment: Segment, data: memoryview, error: StoreError) -> None:
        """Halve a refused segment, again and again, until the record that causes it is alone.

        Each half is a segment with its own token, so a crash in the middle stores nothing twice.
        """
        records, _ = inspect(data)
        if len(records) <= 1:
            # The message may quote the record, so the log gets only the code.
            log.error("the database refuses a record (code %d); it is in quarantine", error.code)
            self._quarantine.keep_refused(segment, data, reason=str(error))
            self._journal.retire(segment, quarantined=segment.spans)
            return
        middle = len(records) // 2
        halves = [_piece(segment, data, half) for half in (records[:middle], records[middle:])]
        self._journal.retire(segment, pieces=halves)

    def _quarantine_damage(
        self, segment: Segment, data: memoryview, records: list[Record], damages: list[Damage]
    ) -> None:
        lost = segment.spans - sum(record.spans for record in records)
        log.error("a journal segment is damaged: %d spans are in quarantine", lost)
        self._quarantine.keep_damaged(segment, data, damages)
        pieces = [_piece(segment, data, records)] if records else []
        self._journal.retire(segment, quarantined=lost, pieces=pieces)


def _piece(segment: Segment, data: memoryview, records: list[Record]) -> tuple[Segment, memoryview]:
    """Make a segment from some records of another segment."""
    part = b"".join(data[record.start : record.end] for record in records)
    spans = sum(record.spans for record in records)
    piece = Segment(id=segment.id, start=records[0].offset, spans=spans, size=len(part))
    return piece, memoryview(part)
