"""Turns what the detectors remember into bytes and back.

The bytes are MessagePack: a public format, so a checkpoint outlives the version of Python and of
fleetglass that wrote it. Unlike a pickle, it contains no code.
"""

import zlib
from typing import Protocol

import msgpack

from fleetglass_detectors.detector import State

# Raise it when an older checkpoint can no longer be restored.
VERSION = 2
NAME = b"fleetglass detectors "
MARK = NAME + f"{VERSION}\n".encode()
CRC_BYTES = 4


class Storage(Protocol):
    """Keeps the last checkpoint. Raises `OSError` if it cannot."""

    def save(self, *parts: bytes | memoryview) -> None:
        """Replace the checkpoint with these parts, one after the other: all of them or nothing."""
        ...

    def load(self) -> bytes | None: ...

    def set_aside(self) -> None:
        """Move the checkpoint out of the way, but keep it for whoever wants to know what failed."""
        ...


def encode(state: State) -> tuple[bytes, memoryview]:
    """Return a header and the encoded state; together they are a checkpoint."""
    # Lone surrogates may stand in names, which come from other programs.
    packer = msgpack.Packer(autoreset=False, unicode_errors="surrogatepass")
    packer.pack(state)
    # Without a copy, it takes a third of the time.
    body = packer.getbuffer()
    return MARK + zlib.crc32(body).to_bytes(CRC_BYTES, "little"), body


def decode(content: bytes) -> State:
    """Return the state in a checkpoint, or None if it is damaged or of another format.

    Lists come back as tuples, which can be keys: MessagePack does not tell the two apart.
    """
    start = len(MARK) + CRC_BYTES
    body = memoryview(content)[start:]
    crc = int.from_bytes(content[len(MARK) : start], "little")
    if not content.startswith(MARK) or zlib.crc32(body) != crc:
        return None
    try:
        state: State = msgpack.unpackb(
            body, use_list=False, strict_map_key=False, unicode_errors="surrogatepass"
        )
    except (ValueError, TypeError):
        return None
    return state


def fault(content: bytes) -> str:
    """Return why a checkpoint cannot be used."""
    if content.startswith(MARK):
        return "the checkpoint is damaged"
    line = content.partition(b"\n")[0]
    if line.startswith(NAME) and len(line) < 100:
        theirs, ours = line.decode("ascii", "replace"), MARK.decode().strip()
        return f"the checkpoint is of {theirs!r} and this is {ours!r}"
    return "the checkpoint is no checkpoint"
