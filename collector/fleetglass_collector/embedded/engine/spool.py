"""Collects an insert's data completely before the engine sees any of it.

There are two reasons. A client that dies half way must leave nothing in the table. And chDB's
own streaming insert hides errors: `send_insert(...).finish()` of 4.4.0 reports success although
the table refused the rows (a constraint, an error in a view, no space on the disk; measured).
INSERT ... FROM INFILE reports every one of these errors, at the same cost.
"""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fleetglass_collector.embedded.engine.faults import Fault

# Up to this size, data stays in memory. A journal segment fits.
MEMORY_BYTES = 64 << 20
NOT_ENOUGH_SPACE = 243


@contextmanager
def spooled(pieces: Iterator[bytes], folder: Path) -> Generator[str]:
    """Yield a path under which the engine in this process can read all the pieces."""
    file: IO[bytes] = os.fdopen(os.memfd_create("insert"), "w+b")
    try:
        for piece in pieces:
            if file.tell() <= MEMORY_BYTES < file.tell() + len(piece):
                file = _on_disk(file, folder)
            _write(file, piece)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"
    finally:
        file.close()


def _on_disk(memory: IO[bytes], folder: Path) -> IO[bytes]:
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (`spooled` closes it)
    memory.seek(0)
    with memory:
        shutil.copyfileobj(memory, file, 1 << 20)
    return file


def _write(file: IO[bytes], piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as error:
        raise Fault(NOT_ENOUGH_SPACE, f"Cannot keep the data: {error.strerror}.") from error
