"""Keeps each insert on disk until the database has confirmed it.

The database does not write a row and its rollups in one step. An insert that was cut off between
them is sent again, the same bytes under the same token, and the database skips what it has.
"""

import uuid
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.store.client import Store

TABLE = "agent_spans_in"


class Outbox:
    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def send(self, rows: bytes) -> None:
        if not rows:
            return
        path = self._folder / uuid.uuid4().hex
        files.write(path, [rows])
        self._deliver(path)

    def resume(self) -> None:
        """Deliver what an earlier process may not have delivered."""
        for path in sorted(self._folder.iterdir()):
            if path.suffix == files.DRAFT:
                path.unlink()
            else:
                self._deliver(path)

    def _deliver(self, path: Path) -> None:
        self._store.insert(TABLE, path.read_bytes(), fmt="RowBinary", token=path.name)
        path.unlink()
