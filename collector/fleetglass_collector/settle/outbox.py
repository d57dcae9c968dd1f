"""Keeps each insert on disk until the database has confirmed it.

The database does not write a row and its rollups in one step. An insert that was cut off between
them is sent again, the same bytes under the same token, and the database skips what it has.

The first line of a file names its columns: a later version, whose table may have others, still
delivers it.
"""

import logging
import uuid
from collections.abc import Callable
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.settle.row import COLUMNS, REST
from fleetglass_collector.store.client import Store

TABLE = "agent_spans_in"
NAMED = ".rows"
ASIDE = ".aside"

log = logging.getLogger(__name__)


class Outbox:
    def __init__(self, store: Store, folder: Path, *, before: Callable[[], None]) -> None:
        """`before` is called before each insert, and raises if it must not be sent."""
        self._store = store
        self._before = before
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        files.sync_folder(folder.parent)

    def send(self, rows: bytes) -> None:
        if not rows:
            return
        self._before()
        path = self._folder / (uuid.uuid4().hex + NAMED)
        files.write(path, [f"{COLUMNS}{REST}\n".encode(), rows])
        self._deliver(path)

    def resume(self) -> None:
        """Deliver what an earlier process may not have delivered."""
        for path in sorted(self._folder.iterdir()):
            if path.suffix == files.DRAFT:
                path.unlink()
            elif path.suffix != ASIDE:
                self._before()
                self._deliver(path)

    def set_aside(self) -> None:
        """Keep the files, but deliver none: another settler has written their rows since."""
        for path in self._folder.glob(f"*{NAMED}"):
            aside = path.rename(path.with_name(path.name + ASIDE))
            log.warning("%s is not sent: another 'fleetglass settle' has worked since", aside)

    def _deliver(self, path: Path) -> None:
        columns, rows = _read(path)
        self._store.insert(TABLE, rows, fmt="RowBinary", token=path.stem, columns=columns)
        path.unlink()


def _read(path: Path) -> tuple[list[str], bytes]:
    content = path.read_bytes()
    if path.suffix != NAMED:
        # Of a version that did not name the columns: they are those of the table.
        return [], content
    names, _, rows = content.partition(b"\n")
    return names.decode().split(", "), rows
