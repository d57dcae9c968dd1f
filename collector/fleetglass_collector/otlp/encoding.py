"""Decompress a request by its Content-Encoding, never to more than a limit."""

from collections.abc import Callable
from typing import Protocol, cast

import zstandard
from isal import igzip_lib

from fleetglass_collector.errors import Reason, Refusal

# The stubs declare an instance of Exception and an untyped argument.
_Error = cast(type[Exception], igzip_lib.IsalError)
_Stream = cast(Callable[[int], "_Decompressor"], igzip_lib.IgzipDecompressor)

# Each member copies the bytes that follow it. Without a bound, a body of many empty members would
# take quadratic time.
MAX_GZIP_MEMBERS = 64


class _Decompressor(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def decompress(body: bytes, encoding: str, *, limit: int) -> bytes:
    """Return the plain body.

    Raises:
        Refusal: The encoding is unknown, the data is damaged or cut short, or the plain body is
            larger than `limit` bytes. Output stops at the limit, so a bomb costs no more than an
            honest body.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return _within(body, limit)
        case "gzip" | "x-gzip":
            return _gzip(body, limit)
        case "deflate":
            return _deflate(body, limit)
        case "zstd":
            return _zstd(body, limit)
        case _:
            raise Refusal(
                Reason.MEDIA_TYPE,
                f"content encoding {encoding!r} is not supported; use gzip, zstd, deflate or none",
            )


def _within(plain: bytes, limit: int) -> bytes:
    if len(plain) > limit:
        raise Refusal(Reason.TOO_LARGE, f"the body is larger than {limit} bytes")
    return plain


def _gzip(body: bytes, limit: int) -> bytes:
    plain, rest = _member(body, igzip_lib.DECOMP_GZIP, limit)
    members = 1
    while rest:
        members += 1
        if members > MAX_GZIP_MEMBERS:
            raise Refusal(Reason.MALFORMED, f"the body has over {MAX_GZIP_MEMBERS} gzip members")
        more, rest = _member(rest, igzip_lib.DECOMP_GZIP, limit - len(plain))
        plain += more
    return plain


def _deflate(body: bytes, limit: int) -> bytes:
    # The name means zlib's wrapper, but many clients send the bare stream.
    wrapped = len(body) >= 2 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    flag = igzip_lib.DECOMP_ZLIB if wrapped else igzip_lib.DECOMP_DEFLATE
    plain, rest = _member(body, flag, limit)
    if rest:
        raise Refusal(Reason.MALFORMED, f"{len(rest)} bytes follow the deflate stream")
    return plain


def _member(body: bytes, flag: int, limit: int) -> tuple[bytes, bytes]:
    """Decompress one stream; return its content and the bytes after it."""
    stream = _Stream(flag)
    try:
        plain = stream.decompress(body, limit + 1)
    except _Error as error:
        raise Refusal(Reason.MALFORMED, f"the body does not decompress: {error}") from error
    _within(plain, limit)
    if not stream.eof:
        raise Refusal(Reason.MALFORMED, "the compressed body is cut short")
    return plain, stream.unused_data


def _zstd(body: bytes, limit: int) -> bytes:
    try:
        size = zstandard.frame_content_size(body)
        if size < 0:
            return _zstd_stream(body, limit)
        if size > limit:
            raise Refusal(Reason.TOO_LARGE, f"the body is larger than {limit} bytes")
        # The decoder refuses a frame that holds more than the size it states.
        return zstandard.ZstdDecompressor().decompress(body, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Refusal(Reason.MALFORMED, f"the body does not decompress: {error}") from error


def _zstd_stream(body: bytes, limit: int) -> bytes:
    """Decompress a frame that does not state its size.

    The first pass checks that the content fits, the second returns it.
    """
    with zstandard.ZstdDecompressor().stream_reader(body) as reader:
        _within(reader.read(limit + 1), limit)
    stream = zstandard.ZstdDecompressor().decompressobj()
    plain = stream.decompress(body)
    if not stream.eof or stream.unused_data:
        raise Refusal(Reason.MALFORMED, "the compressed body is cut short, or more follows it")
    return plain
