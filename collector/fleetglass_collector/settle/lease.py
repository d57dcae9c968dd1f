"""Makes sure that one process settles: two at once would take the same rows back twice."""

import fcntl
import json
import uuid
from pathlib import Path

from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.client import Store

LEASE_S = 30
RENEW_S = 10.0


class Lease:
    """Belongs to a folder, so a process that is restarted on that folder continues at once."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._renewed = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        # Open while the process lives: the kernel releases the lock, however the process ends.
        self._lock = (folder / "holder").open("a+")
        self._holder = self._own()

    def check(self) -> int:
        """Return the last segment that is settled.

        Raises:
            StoreError: Another process settles this database.
        """
        row = self._store.query(
            "SELECT max(segment) AS segment, argMax(holder, at) AS holder, "
            f"max(at) > now64(3) - toIntervalSecond({LEASE_S}) AS fresh FROM settled",
        )
        now = json.loads(row)
        if now["fresh"] and now["holder"] != self._holder:
            raise StoreError("another 'fleetglass settle' works on this database")
        return int(now["segment"])

    def confirm(self, segment: int, *, now: float) -> None:
        self._renewed = now
        row = {"segment": segment, "holder": self._holder}
        self._store.insert("settled", json.dumps(row).encode())

    def is_due(self, now: float) -> bool:
        return now - self._renewed > RENEW_S

    def close(self) -> None:
        self._lock.close()

    def _own(self) -> str:
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
        return holder
