"""What the detectors know, as bytes and back: whole, or not at all."""

import marshal
import sys
import zlib
from collections.abc import Iterable
from typing import Protocol

from fleetglass_detectors.detector import State

# `marshal` writes plain values: a gigabyte in seconds, and, unlike a pickle, without code in it.
# Its format may change with Python, so the version stands in front.
MARK = f"fleetglass detectors 1, python {sys.version_info[0]}.{sys.version_info[1]}\n".encode()


class Place(Protocol):
    """Where a checkpoint is kept, such as a file."""

    def read(self) -> bytes | None:
        """Return what was written last; None if nothing was."""
        ...

    def write(self, pieces: Iterable[bytes]) -> None:
        """Keep these instead of what was written before: all of them or none."""
        ...

    def set_aside(self) -> None:
        """Keep what was written last for people to look at; it is not read again."""
        ...


class Checkpoint:
    def __init__(self, place: Place) -> None:
        self._place = place

    def save(self, state: State) -> int:
        """Replace the last state; return the size."""
        body = marshal.dumps(state)
        self._place.write([MARK, zlib.crc32(body).to_bytes(4, "little"), body])
        return len(body)

    def load(self) -> State:
        """Return the last state; None if there is none that can be used."""
        content = self._place.read()
        if content is None:
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
        """Put a whole checkpoint that cannot be used out of the way."""
        self._place.set_aside()
