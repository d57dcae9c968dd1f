"""Reads recorded OTLP: one request (`.pb`, `.json`) or many (`.pb`, `.jsonl`), gzipped or not.

A file of many requests is read one record at a time, so its size does not matter. A record that
cannot be read becomes a `Broken`; reading continues after it if that is possible.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from fleetglass_collector.errors import Refusal
from fleetglass_collector.otlp.json_codec import from_json

LARGEST_RECORD = 256 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_RESOURCE_SPANS = 0x0A  # the tag at the beginning of every request


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    place: str
    request: ExportTraceServiceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    place: str
    reason: str


Items = Generator[Recorded | Broken]


def read(file: Path, at: Callable[[int], None] = lambda _: None) -> Items:
    """Yield the requests of a file in order; `at` is called with the number of bytes read."""
    try:
        with file.open("rb") as raw:
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if _is_gzip(raw) else raw
            for item in _items(file, stream):
                yield item
                at(raw.tell())
    except (OSError, EOFError, zlib.error) as error:
        text = error.strerror if isinstance(error, OSError) else None
        yield Broken(place=str(file), reason=text or str(error) or "the gzip stream is cut short")


def _is_gzip(raw: BinaryIO) -> bool:
    magic = raw.read(2)
    raw.seek(0)
    return magic == _GZIP_MAGIC


def _items(file: Path, stream: BinaryIO) -> Items:
    kind = Path(file.name.removesuffix(".gz")).suffix
    readers = {".pb": _protobuf, ".json": _json, ".jsonl": _lines}
    if kind not in readers:
        yield Broken(
            place=str(file), reason="the name must end in .pb, .json or .jsonl, with or without .gz"
        )
    elif not stream.read(1):
        yield Broken(place=str(file), reason="the file is empty")
    else:
        stream.seek(0)
        yield from readers[kind](str(file), stream)


def _json(file: str, stream: BinaryIO) -> Items:
    """Read one request, or one per line: the Collector's file exporter names those .json too."""
    first = stream.readline(LARGEST_RECORD)
    several = _is_object(first) and bool(stream.read(1))
    stream.seek(0)
    if several:
        yield from _lines(file, stream)
    else:
        yield _parsed_json(file, stream.read(LARGEST_RECORD + 1))


def _lines(file: str, stream: BinaryIO) -> Items:
    number = 0
    while line := stream.readline(LARGEST_RECORD + 1):
        number += 1
        if line.strip():
            yield _parsed_json(f"{file}, line {number}", line)
        while len(line) > LARGEST_RECORD and not line.endswith(b"\n"):
            line = stream.readline(LARGEST_RECORD + 1)


def _parsed_json(place: str, text: bytes) -> Recorded | Broken:
    if len(text) > LARGEST_RECORD:
        return Broken(place=place, reason=f"the request is larger than {LARGEST_RECORD} bytes")
    try:
        if _lacks_spans(text):
            return Broken(place=place, reason="not OTLP/JSON traces: there is no 'resourceSpans'")
        return _parsed(place, from_json(text))
    except Refusal as refusal:
        return Broken(place=place, reason=refusal.message)


def _lacks_spans(text: bytes) -> bool:
    # OTLP ignores unknown members, so any JSON object would count as a request without spans.
    if b'"resourceSpans"' in text or b'"resource_spans"' in text:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        # The JSON decoder reports this error.
        return False
    return True


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(place: str, body: bytes) -> Recorded | Broken:
    try:
        return Recorded(place=place, request=ExportTraceServiceRequest.FromString(body))
    except DecodeError:
        return Broken(place=place, reason="not an OTLP trace request")


def _protobuf(file: str, stream: BinaryIO) -> Items:
    head = stream.read(16)
    stream.seek(0)
    if _is_single(head):
        body = stream.read(LARGEST_RECORD + 1)
        if len(body) > LARGEST_RECORD:
            yield Broken(place=file, reason=f"the request is larger than {LARGEST_RECORD} bytes")
        else:
            yield _parsed(file, body)
        return
    length = _fixed if head[0] == 0 else _varint
    number = position = 0
    while (size := length(stream)) is not None:
        number += 1
        place = f"{file}, record {number} at byte {position}"
        body = stream.read(size) if 0 <= size <= LARGEST_RECORD else b""
        if len(body) != size:
            yield Broken(place=place, reason="the file is cut short here, or is not OTLP")
            return
        yield _parsed(place, body)
        position = stream.tell()


def _is_single(head: bytes) -> bool:
    """Return whether a file holds one request, and not a sequence, from its first bytes.

    A request begins with its tag, 10. A sequence begins with the length of its first request. If
    that length is also 10, the reading that makes sense as OTLP wins.
    """
    if head[0] != _RESOURCE_SPANS:
        return False
    if len(head) < 12 or head[1] != 10:
        return True
    return _makes_sense(ResourceSpans(), head[2:12]) or not _makes_sense(
        ExportTraceServiceRequest(), head[1:11]
    )


def _makes_sense(message: Message, body: bytes) -> bool:
    try:
        message.ParseFromString(body)
    except DecodeError:
        return False
    message.DiscardUnknownFields()  # pyright: ignore[reportUnknownMemberType]
    return message.ByteSize() == len(body)


def _varint(stream: BinaryIO) -> int | None:
    """Read a varint length; None at the end of the file, -1 if there is no valid length."""
    value = 0
    for shift in range(0, 35, 7):
        byte = stream.read(1)
        if not byte:
            return -1 if shift else None
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    return -1


def _fixed(stream: BinaryIO) -> int | None:
    """Read a length of four bytes, as the Collector's file exporter writes it."""
    length = stream.read(4)
    return int.from_bytes(length, "big") if len(length) == 4 else -1 if length else None
