"""A record is an OTLP request with the collector's facts appended, and its length in front.

Protobuf allows encoded fields to be appended to a serialized message, and the last value of a
scalar wins. So the request is not serialized again, and no client can spoof these facts.
ClickHouse reads the first three facts and skips the rest, which only the journal uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from isal import isal_zlib

# The stub does not give the buffer's type, which strict checking does not accept.
isal: Any = isal_zlib

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
TENANT, SEGMENT, RECEIVED_NS, SPANS, OFFSET, CHECKSUM = range(1000, 1006)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """Return the number and the position after it.

    Raises:
        IndexError: The data ends before the number does.
    """
    number = shift = 0
    while True:
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7


def _tag(field: int, wire: int) -> bytes:
    return varint(field << 3 | wire)


CHECKSUM_TAG = _tag(CHECKSUM, FIXED32)
CHECKSUM_SIZE = len(CHECKSUM_TAG) + 4
OFFSET_TAG = _tag(OFFSET, FIXED64)
SPANS_TAG = _tag(SPANS, FIXED32)
# The journal's own fields have a fixed size and come last, so the reader finds them from the end.
TRAILER_SIZE = len(SPANS_TAG) + 4 + len(OFFSET_TAG) + 8 + CHECKSUM_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the collector knows about a request; `offset` counts the spans accepted before it."""

    tenant: str
    segment: int
    received_ns: int
    spans: int
    offset: int


def frame(body: bytes, facts: Facts) -> tuple[bytes, bytes, bytes]:
    """Return the bytes for the disk: the length, the body unchanged, the facts with a checksum."""
    tenant = facts.tenant.encode()
    stamp = b"".join(
        (
            _tag(TENANT, BYTES) + varint(len(tenant)) + tenant,
            _tag(SEGMENT, VARINT) + varint(facts.segment),
            _tag(RECEIVED_NS, FIXED64) + facts.received_ns.to_bytes(8, "little"),
            SPANS_TAG + facts.spans.to_bytes(4, "little"),
            OFFSET_TAG + facts.offset.to_bytes(8, "little"),
        )
    )
    checksum: int = isal.crc32(stamp, isal.crc32(body))
    tail = stamp + CHECKSUM_TAG + checksum.to_bytes(4, "little")
    return varint(len(body) + len(tail)), body, tail


@dataclass(frozen=True, slots=True)
class Record:
    """The position of a whole record in its segment, with its length field, and its spans."""

    start: int
    end: int
    offset: int
    spans: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are not a whole record."""

    start: int
    end: int
    torn: bool


def walk(data: memoryview) -> Iterator[Record | Damage]:
    """Read a segment from its start and yield every whole record, and the damage between them.

    Damage ends where the next whole record begins. It is `torn` when it reaches the end of the
    segment and looks like a crash: a record cut short, or zeros where data never arrived.
    """
    position = 0
    while position < len(data):
        record = _record_at(data, position)
        if record:
            yield record
            position = record.end
            continue
        following = _next_record(data, position)
        end = following if following is not None else len(data)
        yield Damage(position, end, following is None and _is_torn(data, position))
        position = end


def _record_at(data: memoryview, start: int) -> Record | None:
    try:
        length, position = read_varint(data[: start + 10], start)
    except IndexError:
        return None
    end = position + length
    if length < TRAILER_SIZE or end > len(data):
        return None
    trailer = bytes(data[end - TRAILER_SIZE : end])
    if trailer[-CHECKSUM_SIZE:-4] != CHECKSUM_TAG:
        return None
    if isal.crc32(data[position : end - CHECKSUM_SIZE]) != int.from_bytes(trailer[-4:], "little"):
        return None
    offset_at = len(SPANS_TAG) + 4 + len(OFFSET_TAG)
    return Record(
        start,
        end,
        offset=int.from_bytes(trailer[offset_at : offset_at + 8], "little"),
        spans=int.from_bytes(trailer[len(SPANS_TAG) : len(SPANS_TAG) + 4], "little"),
    )


def _next_record(data: memoryview, damaged: int) -> int | None:
    """Find where the next whole record begins.

    If the length of the damaged record is right, the next record begins where that one ends.
    If not, look for a record right after any checksum tag.
    """
    try:
        length, position = read_varint(data[: damaged + 10], damaged)
        if _record_at(data, position + length):
            return position + length
    except IndexError:
        pass
    haystack = bytes(data[damaged:])
    tag_at = haystack.find(CHECKSUM_TAG)
    while tag_at >= 0:
        candidate = damaged + tag_at + CHECKSUM_SIZE
        if candidate < len(data) and _record_at(data, candidate):
            return candidate
        tag_at = haystack.find(CHECKSUM_TAG, tag_at + 1)
    return None


def _is_torn(data: memoryview, start: int) -> bool:
    rest = bytes(data[start:])
    if not rest.strip(b"\0"):
        return True
    try:
        length, position = read_varint(data[: start + 10], start)
    except IndexError:
        return True
    return position + length > len(data)
