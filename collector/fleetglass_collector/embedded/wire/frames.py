"""Encodes and decodes ClickHouse's own compressed blocks (`compress=1`, `decompress=1`).

A block starts with a checksum of 16 bytes and a header of nine: the method in one byte, then the
packed size (header included) and the unpacked size in four bytes each. LZ4 or ZSTD data follows.
"""

import importlib
import struct
from collections.abc import Iterator
from typing import Any

import zstandard

from fleetglass_collector.embedded.engine.faults import Fault

# These packages have no type stubs.
lz4_block: Any = importlib.import_module("lz4.block")
cityhash: Any = importlib.import_module("clickhouse_cityhash.cityhash")

_CHECKSUM, _HEADER = 16, 9
_LZ4, _ZSTD, _NONE = 0x82, 0x90, 0x02
_BLOCK_BYTES = 1 << 20
_MAX_BLOCK_BYTES = 256 << 20
CANNOT_DECOMPRESS = 271
CHECKSUM_DOES_NOT_MATCH = 40
_LOW = (1 << 64) - 1


class FrameEncoder:
    def __init__(self) -> None:
        self._held = b""

    def compress(self, data: bytes, /) -> bytes:
        self._held += data
        whole = len(self._held) - len(self._held) % _BLOCK_BYTES
        ready, self._held = self._held[:whole], self._held[whole:]
        return b"".join(
            _block(ready[at : at + _BLOCK_BYTES]) for at in range(0, whole, _BLOCK_BYTES)
        )

    def flush(self) -> bytes:
        return _block(self._held) if self._held else b""


def _block(data: bytes) -> bytes:
    packed: bytes = lz4_block.compress(data, store_size=False)
    body = struct.pack("<BII", _LZ4, len(packed) + _HEADER, len(data)) + packed
    return checksum(body) + body


def checksum(body: bytes) -> bytes:
    """Return the CityHash128 of version 1.0.2, which ClickHouse still uses, in its byte order."""
    value = int(cityhash.CityHash128(body))
    return struct.pack("<QQ", value >> 64, value & _LOW)


def decode(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress a sequence of blocks.

    Raises:
        Fault: The bytes are not such blocks, or do not match their checksum.
    """
    held = b""
    for piece in pieces:
        held += piece
        while (size := _size(held)) and len(held) >= size:
            yield _unpacked(held[:size])
            held = held[size:]
    if held:
        raise Fault(CANNOT_DECOMPRESS, "Cannot decompress the body: it ends too soon.")


def _size(held: bytes) -> int:
    """Return the whole length of the first block, or 0 while its header is incomplete."""
    if len(held) < _CHECKSUM + _HEADER:
        return 0
    _, packed, unpacked = struct.unpack_from("<BII", held, _CHECKSUM)
    if packed < _HEADER or max(packed, unpacked) > _MAX_BLOCK_BYTES:
        raise Fault(CANNOT_DECOMPRESS, "Cannot decompress the body: not a compressed block.")
    return _CHECKSUM + int(packed)


def _unpacked(block: bytes) -> bytes:
    method, _, size = struct.unpack_from("<BII", block, _CHECKSUM)
    if checksum(block[_CHECKSUM:]) != block[:_CHECKSUM]:
        raise Fault(CHECKSUM_DOES_NOT_MATCH, "Checksum doesn't match: corrupted data.")
    data = block[_CHECKSUM + _HEADER :]
    try:
        if method == _LZ4:
            return bytes(lz4_block.decompress(data, uncompressed_size=size))
        if method == _ZSTD:
            return zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
    except (lz4_block.LZ4BlockError, zstandard.ZstdError) as error:
        raise Fault(CANNOT_DECOMPRESS, f"Cannot decompress the body: {error}") from error
    if method == _NONE:
        return data
    raise Fault(CANNOT_DECOMPRESS, f"Cannot decompress the body: unknown method {method:#x}.")
