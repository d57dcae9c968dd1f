"""What the detectors know, on disk: whole, or not at all."""

import marshal
import os
import sys
import zlib
from pathlib import Path

from fleetglass_detectors.detector import State

# Python's own encoding of plain values: a gigabyte in seconds, and, unlike a pickle, no code in it.
# It may change with Python, so the version stands in front.
MARK = f"fleetglass detectors 1, python {sys.version_info[0]}.{sys.version_info[1]}\n".encode()


class Checkpoint:
    def __init__(self, file: Path) -> None:
        self._file = file

    def save(self, state: State) -> int:
        """Replace the file; return its size."""
        body = marshal.dumps(state)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        with draft.open("wb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(MARK + zlib.crc32(body).to_bytes(4, "little"))
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self._file)
        return len(body)

    def load(self) -> State:
        """What was saved last; None where there is nothing that can be used."""
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return None
        body = memoryview(content)[len(MARK) + 4 :]
        crc = int.from_bytes(content[len(MARK) : len(MARK) + 4], "little")
        if not content.startswith(MARK) or zlib.crc32(body) != crc:
            return None
        try:
            state: State = marshal.loads(body)
        except (ValueError, EOFError, TypeError):
            return None
        return state

    def set_aside(self) -> None:
        """It was whole and could not be used; kept for whoever wants to know why."""
        self._file.replace(self._file.with_suffix(".unusable"))
