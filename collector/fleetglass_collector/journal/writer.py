"""The writer of the open segment."""

import os
import time
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.journal.segment import OPEN, Segment

# The most pieces that one writev accepts (limits.h).
IOV_MAX = 1024


class Writer:
    """Appends to a segment durably; a failed append leaves the file as it was."""

    def __init__(self, folder: Path, *, id: int, start: int) -> None:
        self.id = id
        self.born = time.monotonic()
        self.start = start
        self.spans = 0
        self.size = 0
        self._folder = folder
        self._path = folder / f"{id:020d}-{start}{OPEN}"
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        # Without this a power cut may lose the file's name, and with it the synced content.
        files.sync_folder(folder)

    def append(self, pieces: list[bytes]) -> None:
        try:
            size = self.size + self._write(pieces)
            os.fdatasync(self._file)
        except OSError:
            # Cutting needs no disk space. If it fails too, the next append or the seal does it.
            os.ftruncate(self._file, self.size)
            raise
        self.size = size

    def seal(self) -> Segment | None:
        """Close the file under its final name; delete it and return None when it is empty."""
        if not self.size:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            return None
        if os.fstat(self._file).st_size > self.size:
            # The cut after a failed append failed too. What was refused must not be shipped.
            os.ftruncate(self._file, self.size)
            os.fdatasync(self._file)
        segment = Segment(id=self.id, start=self.start, spans=self.spans, size=self.size)
        os.rename(self._path, segment.path(self._folder))
        os.close(self._file)
        return segment

    def _write(self, pieces: list[bytes]) -> int:
        written = 0
        os.lseek(self._file, self.size, os.SEEK_SET)
        for first in range(0, len(pieces), IOV_MAX):
            chunk = pieces[first : first + IOV_MAX]
            count = os.writev(self._file, chunk)
            chunk_size = sum(map(len, chunk))
            if count < chunk_size:
                # A nearly full disk takes only a part; writing the rest raises the error.
                rest = b"".join(chunk)[count:]
                while rest:
                    rest = rest[os.write(self._file, rest) :]
            written += chunk_size
        return written
