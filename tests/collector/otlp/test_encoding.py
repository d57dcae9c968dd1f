"""Bodies are decompressed exactly, and never past the limit."""

import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.encoding import decompress

LIMIT = 1 << 20


def two_members(data: bytes) -> bytes:
    return gzip.compress(data[:7]) + gzip.compress(data[7:])


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd_stream(data: bytes) -> bytes:
    """Compress to a frame that does not state the size of its content."""
    packer = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": two_members,
    "deflate": zlib.compress,
    " deflate ": raw_deflate,
    "zstd": zstandard.compress,
    "ZSTD": zstd_stream,
}


def refusal(body: bytes, encoding: str, *, limit: int = LIMIT) -> Reason:
    with pytest.raises(Refusal) as caught:
        decompress(body, encoding, limit=limit)
    return caught.value.reason


@pytest.mark.parametrize("encoding", PACKERS)
@given(data=st.binary(max_size=300))
def test_a_compressed_body_is_restored(encoding: str, data: bytes) -> None:
    assert decompress(PACKERS[encoding](data), encoding, limit=LIMIT) == data


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_a_plain_body_is_not_copied(encoding: str) -> None:
    body = bytes(range(256))

    assert decompress(body, encoding, limit=256) is body


@pytest.mark.parametrize("encoding", ["", *PACKERS])
def test_a_body_of_the_limit_is_allowed_and_one_byte_more_is_not(encoding: str) -> None:
    pack = PACKERS.get(encoding, bytes)

    assert len(decompress(pack(bytes(1000)), encoding, limit=1000)) == 1000
    assert refusal(pack(bytes(1001)), encoding, limit=1000) is Reason.TOO_LARGE


@pytest.mark.parametrize("encoding", PACKERS)
def test_decompression_of_a_bomb_stops_at_the_limit(encoding: str) -> None:
    bomb = PACKERS[encoding](bytes(200 << 20))
    tracemalloc.start()

    assert refusal(bomb, encoding) is Reason.TOO_LARGE
    assert tracemalloc.get_traced_memory()[1] < 8 * LIMIT
    tracemalloc.stop()


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_cut_short_is_refused(encoding: str) -> None:
    packed = PACKERS[encoding](b"spans " * 50)

    assert refusal(packed[:-1], encoding) is Reason.MALFORMED
    assert refusal(packed[:-9], encoding) is Reason.MALFORMED


@pytest.mark.parametrize("encoding", PACKERS)
def test_bytes_after_the_compressed_data_are_refused(encoding: str) -> None:
    assert refusal(PACKERS[encoding](b"spans") + b"junk", encoding) is Reason.MALFORMED


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@given(data=st.binary(min_size=1, max_size=60))
def test_random_bytes_are_refused_or_decompressed(encoding: str, data: bytes) -> None:
    with contextlib.suppress(Refusal):
        decompress(data, encoding, limit=LIMIT)


def test_too_many_gzip_members_are_refused() -> None:
    assert refusal(gzip.compress(b"") * 1000, "gzip") is Reason.MALFORMED


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "snappy"])
def test_an_unknown_encoding_is_an_unsupported_media_type(encoding: str) -> None:
    assert refusal(b"", encoding) is Reason.MEDIA_TYPE
