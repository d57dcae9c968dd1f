"""Encodes and decodes HTTP's content codings, at most one piece at a time."""

import importlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import zstandard

from fleetglass_collector.embedded.engine.faults import Fault

# lz4 has no type stubs.
lz4_frame: Any = importlib.import_module("lz4.frame")

PIECE = 1 << 20
# zstandard returns all that its input holds at once. Small inputs limit the output of a bomb.
_ZSTD_INPUT = 4 << 10
CANNOT_DECOMPRESS = 271
UNKNOWN_COMPRESSION_METHOD = 89

Pieces = Iterator[bytes]


class Encoder(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Plain:
    """No compression."""

    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _Lz4Encoder:
    def __init__(self) -> None:
        self._inner = lz4_frame.LZ4FrameCompressor()
        self._head: bytes = self._inner.begin()

    def compress(self, data: bytes, /) -> bytes:
        head, self._head = self._head, b""
        return bytes(head + self._inner.compress(data))

    def flush(self) -> bytes:
        return bytes(self._head + self._inner.flush())


_ENCODERS: dict[str, Callable[[], Encoder]] = {
    "lz4": _Lz4Encoder,
    "zstd": lambda: zstandard.ZstdCompressor(level=1).compressobj(),
    "gzip": lambda: zlib.compressobj(1, wbits=31),
    "deflate": lambda: zlib.compressobj(1),
}


def choose(accept: str) -> tuple[str, Encoder] | None:
    """Return the first of our codings that an Accept-Encoding header accepts."""
    accepted = {
        part.partition(";")[0].strip().lower()
        for part in accept.split(",")
        if not part.replace(" ", "").endswith(";q=0")
    }
    for name, make in _ENCODERS.items():
        if name in accepted:
            return name, make()
    return None


def decode(coding: str, pieces: Pieces) -> Pieces:
    """Undo a Content-Encoding.

    Raises:
        Fault: The coding is unknown, or the data is not encoded that way.
    """
    decoders = {"lz4": _lz4, "zstd": _zstd, "gzip": _zlib, "x-gzip": _zlib, "deflate": _zlib}
    name = coding.strip().lower()
    if name in ("", "identity"):
        return pieces
    if name not in decoders:
        raise Fault(
            UNKNOWN_COMPRESSION_METHOD,
            f"Unknown Content-Encoding {coding!r}; send gzip, deflate, zstd or lz4.",
        )
    return _guarded(decoders[name](pieces))


def _guarded(pieces: Pieces) -> Pieces:
    try:
        yield from pieces
    except (zlib.error, zstandard.ZstdError, RuntimeError, EOFError) as error:
        raise Fault(CANNOT_DECOMPRESS, f"Cannot decompress the body: {error}") from error


def _zlib(pieces: Pieces) -> Pieces:
    # 47 accepts both gzip and zlib.
    decoder = zlib.decompressobj(47)
    for piece in pieces:
        rest = piece
        while rest:
            if decoder.eof:
                decoder = zlib.decompressobj(47)
            yield decoder.decompress(rest, PIECE)
            rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if not decoder.eof:
        raise EOFError("the data ends too soon")


def _zstd(pieces: Pieces) -> Pieces:
    decoder = zstandard.ZstdDecompressor().decompressobj()
    for piece in pieces:
        for start in range(0, len(piece), _ZSTD_INPUT):
            rest = piece[start : start + _ZSTD_INPUT]
            while rest:
                if decoder.eof:
                    decoder = zstandard.ZstdDecompressor().decompressobj()
                yield decoder.decompress(rest)
                rest = decoder.unused_data
    if not decoder.eof:
        raise EOFError("the data ends too soon")


def _lz4(pieces: Pieces) -> Pieces:
    decoder = lz4_frame.LZ4FrameDecompressor()
    for piece in pieces:
        rest: bytes = piece
        while rest or not (decoder.needs_input or decoder.eof):
            if decoder.eof:
                decoder = lz4_frame.LZ4FrameDecompressor()
            yield bytes(decoder.decompress(rest, PIECE))
            rest = decoder.unused_data or b"" if decoder.eof else b""
    if not decoder.eof:
        raise EOFError("the data ends too soon")
