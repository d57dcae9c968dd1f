"""Turns what the detectors remember into bytes and back."""

import marshal
import sys
import zlib
from typing import Protocol

from fleetglass_detectors.detector import State

# Python's own encoding of plain values: a gigabyte in seconds, and, unlike a pickle, no code in it.
# It may change with Python, so the mark in front names the version.
MARK = f"fleetglass detectors 1, python {sys.version_info[0]}.{sys.version_info[1]}\n".encode()
CRC_BYTES = 4


class Storage(Protocol):
    """Keeps the last checkpoint. Raises `OSError` if it cannot."""

    def save(self, *parts: bytes) -> None:
        """Replace the checkpoint with these parts, one after the other: all of them or nothing."""
        ...

    def load(self) -> bytes | None: ...

    def set_aside(self) -> None:
        """Move the checkpoint out of the way, but keep it for whoever wants to know what failed."""
        ...


def encode(state: State) -> tuple[bytes, bytes]:
    """Return a header and the encoded state; together they are a checkpoint."""
    body = marshal.dumps(state)
    return MARK + zlib.crc32(body).to_bytes(CRC_BYTES, "little"), body


def decode(content: bytes) -> State:
    """Return the state in a checkpoint, or None if it is damaged or of another Python version."""
    start = len(MARK) + CRC_BYTES
    body = memoryview(content)[start:]
    crc = int.from_bytes(content[len(MARK) : start], "little")
    if not content.startswith(MARK) or zlib.crc32(body) != crc:
        return None
    try:
        state: State = marshal.loads(body)
    except (ValueError, EOFError, TypeError):
        return None
    return state


def fault(content: bytes) -> str:
    """Return why a checkpoint cannot be used."""
    if content.startswith(MARK):
        return "the checkpoint is damaged"
    line = content.partition(b"\n")[0]
    if line.startswith(b"fleetglass detectors ") and len(line) < 100:
        theirs, ours = line.decode("ascii", "replace"), MARK.decode().strip()
        return f"the checkpoint is of {theirs!r} and this is {ours!r}"
    return "the checkpoint is no checkpoint"
