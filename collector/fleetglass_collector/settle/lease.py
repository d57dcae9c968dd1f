"""Makes sure that one process settles: two at once would take the same rows back twice.

Each row of `settled` is inserted under a token that names the row before it, and the database takes
only one insert of a token. So of two settlers that saw the same row, one writes the next. The other
finds that out when it reads back what it has written.
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.client import Store

# Longer than a delivery may take that begins just before the lease is renewed.
LEASE_S = 60
RENEW_S = 10.0
LOST = "another 'fleetglass settle' has begun to work on this database"
SQL = (
    "SELECT max(segment) AS segment, argMax(holder, at) AS holder, "
    "toUnixTimestamp(argMax(looked, at)) AS looked_s, "
    "toUnixTimestamp64Milli(max(at)) AS at_ms, toUnixTimestamp64Milli(now64(3)) AS now_ms "
    "FROM settled SETTINGS output_format_json_quote_64bit_integers = 0"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last row of `settled`, and the database's time."""

    segment: int
    looked_s: int
    """When the settler last looked for late segments: see `Following`."""
    holder: str
    at_ms: int
    now_ms: int


class Lease:
    """Belongs to a folder, so a process that is restarted on that folder continues at once."""

    def __init__(
        self, store: Store, folder: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._clock = clock
        self._far = (0, 0)
        self._renewed = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        # Open while the process lives: the kernel releases the lock, however the process ends.
        self._lock = (folder / "holder").open("a+")
        self._holder = self._own(folder)

    def was_ours(self) -> bool:
        """Return whether no other settler has worked since the last one of this folder."""
        return self._read().holder in ("", self._holder)

    def take(self) -> Last:
        """Take the lease; return how far the spans are settled.

        Raises:
            StoreError: Another process settles this database.
        """
        last = self._read()
        if last.holder != self._holder and last.now_ms - last.at_ms < LEASE_S * 1000:
            raise StoreError("another 'fleetglass settle' works on this database")
        self._write(last.segment, last.looked_s, after=last)
        return last

    def confirm(self, segment: int, looked_s: int) -> None:
        """Write how far the spans are settled, and renew the lease.

        Raises:
            StoreError: Another process has the lease now.
        """
        last = self._read()
        if last.holder != self._holder:
            raise StoreError(LOST)
        self._write(segment, looked_s, after=last)

    def keep(self) -> None:
        """Renew the lease if it is due: call it before everything that must be done by one.

        Raises:
            StoreError: Another process has the lease now.
        """
        if self._clock() - self._renewed > RENEW_S:
            self.confirm(*self._far)

    def close(self) -> None:
        self._lock.close()

    def _write(self, segment: int, looked_s: int, *, after: Last) -> None:
        began = self._clock()
        # Later than the last row, even if the clock of the database was set back.
        at_ms = max(after.now_ms, after.at_ms + 1)
        at = f"{at_ms // 1000}.{at_ms % 1000:03}"
        row = {"segment": segment, "looked": looked_s, "holder": self._holder, "at": at}
        token = f"after {after.holder} {after.at_ms}"
        self._store.insert("settled", json.dumps(row).encode(), token=token)
        now = self._read()
        if (now.holder, now.at_ms) != (self._holder, at_ms):
            raise StoreError(LOST)
        self._far, self._renewed = (segment, looked_s), began

    def _read(self) -> Last:
        return Last(**json.loads(self._store.query(SQL)))

    def _own(self, folder: Path) -> str:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise StoreError("another 'fleetglass settle' uses this folder") from None
        self._lock.seek(0)
        if holder := self._lock.read():
            return holder
        holder = uuid.uuid4().hex
        self._lock.write(holder)
        self._lock.flush()
        os.fsync(self._lock.fileno())
        files.sync_folder(folder)
        return holder
