"""The journal appends requests, commits them in groups, and hands out sealed segments in order."""

import asyncio
import dataclasses
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.config import config
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.journal import ledger as ledgers
from fleetglass_collector.journal import recovery
from fleetglass_collector.journal.record import Facts, frame
from fleetglass_collector.journal.segment import Segment
from fleetglass_collector.journal.writer import Writer

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
EX_SOFTWARE = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Counts of all spans that the journal ever acknowledged, and of what waits on disk."""

    accepted: int
    stored: int
    waiting: int
    quarantined: int
    waiting_bytes: int
    waiting_segments: int
    oldest_ns: int | None
    torn_bytes: int
    failed_commits: int
    commits: int


@dataclass(frozen=True, slots=True)
class _Pending:
    body: bytes
    tenant: str
    spans: int
    received_ns: int
    done: "asyncio.Future[None]"


class Journal:
    """A journal in one folder, which only one process may use at a time.

    `append` returns once the request is durable. `next` returns the same segment until it is
    retired, also after a restart. Only `retire` removes anything from the folder.
    """

    def __init__(
        self,
        folder: Path,
        limits: config.Journal,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.folder = folder
        self._limits = limits
        self._clock_ns = clock_ns
        self._lock = recovery.lock(folder)
        self._ledger = ledgers.read(folder / "ledger.json")
        self._sealed, self._torn_bytes = recovery.recover(folder, self._ledger)
        self.id = recovery.identity(folder)
        self._accepted = max([self._ledger.accepted, *(segment.end for segment in self._sealed)])
        self._last_id = max([clock_ns(), *(segment.id for segment in self._sealed)])
        self._pending: list[_Pending] = []
        self._pending_bytes = self._commits = self._failed_commits = 0
        self._writer: Writer | None = None
        self._closing = self._failing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def append(self, body: bytes, *, tenant: str, spans: int) -> None:
        """Make a request durable.

        Raises:
            Refusal: The journal is full, or the disk cannot take the request. Nothing was kept.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._closing:
                raise Refusal(Reason.UNAVAILABLE, "the collector is stopping", retry_after_s=1)
            if self._size() + self._pending_bytes + len(body) > self._limits.max_bytes:
                raise Refusal(
                    Reason.FULL,
                    "the journal is full: spans arrive faster than the database stores them",
                    retry_after_s=RETRY_AFTER_S,
                )
            self._pending.append(_Pending(body, tenant, spans, self._clock_ns(), done))
            self._pending_bytes += len(body)
            self._changed.notify_all()
        await done

    def next(self, timeout_s: float) -> Segment | None:
        """Wait for the oldest sealed segment; return None when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._sealed, timeout_s)
            return self._sealed[0] if self._sealed else None

    def read(self, segment: Segment) -> bytes:
        return segment.path(self.folder).read_bytes()

    def retire(
        self,
        segment: Segment,
        *,
        stored: int = 0,
        quarantined: int = 0,
        pieces: Sequence[tuple[Segment, memoryview]] = (),
    ) -> None:
        """Replace a segment by `pieces`; after a crash, all of this is done or none of it."""
        for piece, data in pieces:
            files.write(piece.path(self.folder), [data])
        # Damage that cost no span leaves one piece with the segment's own name. The write above has
        # already replaced the file.
        replaced = any(piece.name == segment.name for piece, _ in pieces)
        ledger = self._ledger.retire(segment, stored=stored, quarantined=quarantined)
        if replaced:
            ledger = dataclasses.replace(ledger, retired="")
        ledgers.write(self.folder / "ledger.json", ledger)
        if not replaced:
            segment.path(self.folder).unlink()
        with self._changed:
            self._ledger = ledger
            index = self._sealed.index(segment)
            self._sealed[index : index + 1] = [piece for piece, _ in pieces]

    def state(self) -> State:
        with self._changed:
            writer = self._writer
            return State(
                accepted=self._accepted,
                stored=self._ledger.stored,
                quarantined=self._ledger.quarantined,
                waiting=sum(s.spans for s in self._sealed) + (writer.spans if writer else 0),
                waiting_bytes=self._size(),
                waiting_segments=len(self._sealed),
                oldest_ns=self._oldest_ns(),
                torn_bytes=self._torn_bytes,
                failed_commits=self._failed_commits,
                commits=self._commits,
            )

    def stop(self) -> None:
        """Accept no more requests, commit the pending ones, and seal the open segment."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def close(self) -> None:
        """Stop, and release the folder for another process."""
        self.stop()
        os.close(self._lock)

    def _size(self) -> int:
        return sum(s.size for s in self._sealed) + (self._writer.size if self._writer else 0)

    def _oldest_ns(self) -> int | None:
        if self._sealed:
            return self._sealed[0].id
        return self._writer.id if self._writer and self._writer.spans else None

    def _run(self) -> None:
        try:
            self._work()
        except BaseException:
            # Without this thread every request waits for ever. The next start recovers the folder.
            log.exception("the journal failed; ending this process")
            os._exit(EX_SOFTWARE)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closing, self._wait_limit_s())
                batch, self._pending = self._pending, []
                closing = self._closing
            if batch:
                self._commit(batch)
            if closing or self._is_due():
                self._seal()
            if closing and not batch:
                return

    def _wait_limit_s(self) -> float | None:
        return self._limits.segment_age_ms / 1000 if self._writer else None

    def _is_due(self) -> bool:
        if not self._writer:
            return False
        age_ms = (time.monotonic() - self._writer.born) * 1000
        # While sealed segments wait, the open one grows to its full size: fewer, larger inserts.
        aged = age_ms >= self._limits.segment_age_ms and not self._sealed
        return aged or self._writer.size >= self._limits.segment_bytes

    def _commit(self, batch: list[_Pending]) -> None:
        """Make one write and one fsync for all requests that arrived during the last commit."""
        pieces: list[bytes] = []
        offset = self._accepted
        try:
            writer = self._open_writer()
            for item in batch:
                facts = Facts(
                    tenant=item.tenant,
                    segment=writer.id,
                    received_ns=item.received_ns,
                    spans=item.spans,
                    offset=offset,
                )
                pieces += frame(item.body, facts)
                offset += item.spans
            writer.append(pieces)
        except OSError as error:
            self._refuse(batch, error)
            return
        if self._failing:
            self._failing = False
            log.info("the journal can write again")
        with self._changed:
            writer.spans += offset - self._accepted
            self._accepted = offset
            self._commits += 1
            self._pending_bytes -= sum(len(item.body) for item in batch)
        for item in batch:
            _settle(item.done, None)

    def _refuse(self, batch: list[_Pending], error: OSError) -> None:
        if not self._failing:
            log.error("the journal cannot write: %s; clients are told to retry", error.strerror)
        self._failing = True
        with self._changed:
            self._failed_commits += 1
            self._pending_bytes -= sum(len(item.body) for item in batch)
        if self._writer:
            self._seal()
        message = f"the journal cannot write: {error.strerror}"
        for item in batch:
            refusal = Refusal(Reason.UNAVAILABLE, message, retry_after_s=RETRY_AFTER_S)
            _settle(item.done, refusal)

    def _open_writer(self) -> Writer:
        if self._writer is None:
            self._last_id = max(self._last_id + 1, self._clock_ns())
            self._writer = Writer(self.folder, id=self._last_id, start=self._accepted)
        return self._writer

    def _seal(self) -> None:
        if not self._writer:
            return
        writer = self._writer
        try:
            # The new name is not synced: if a power cut undoes it, the start finds the old name.
            segment = writer.seal()
        except OSError as error:
            log.error("cannot seal a journal segment: %s; trying again", error.strerror)
            return
        with self._changed:
            self._writer = None
            if segment:
                self._sealed.append(segment)
            self._changed.notify_all()


def _settle(done: "asyncio.Future[None]", refusal: Refusal | None) -> None:
    """Wake the waiting request from the journal's thread, unless its client is gone."""

    def wake() -> None:
        if done.done():
            return
        if refusal:
            done.set_exception(refusal)
        else:
            done.set_result(None)

    loop = done.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(wake)
