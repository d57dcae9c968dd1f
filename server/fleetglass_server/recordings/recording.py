"""Reads recorded OTLP: one request (`.pb`, `.json`) or many (`.pb`, `.jsonl`), gzipped or not.

Files of many are read a record at a time, so that their size does not matter. What cannot be read
comes out as `Broken`, and reading goes on behind it where that is possible.
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
_RESOURCE_SPANS = 0x0A  # the tag that every request begins with


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    place: str
    request: ExportTraceServiceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    place: str
    why: str


Items = Generator[Recorded | Broken]


def read(file: Path, at: Callable[[int], None] = lambda _: None) -> Items:
    """Yield the file's requests in order; `at` is told how many bytes of the file are done."""
    try:
        with file.open("rb") as raw:
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if _is_gzip(raw) else raw
            for item in _items(file, stream):
                yield item
                at(raw.tell())
    except (OSError, EOFError, zlib.error) as error:
        known = error.strerror if isinstance(error, OSError) else None
        yield Broken(place=str(file), why=known or str(error) or "the gzip stream is cut short")


def _is_gzip(raw: BinaryIO) -> bool:
    magic = raw.read(2)
    raw.seek(0)
    return magic == _GZIP_MAGIC


def _items(file: Path, stream: BinaryIO) -> Items:
    kind = Path(file.name.removesuffix(".gz")).suffix
    readers = {".pb": _protobuf, ".json": _json, ".jsonl": _lines}
    if kind not in readers:
        yield Broken(place=str(file), why="the name must end in .pb, .json or .jsonl, or .gz after")
    elif not stream.read(1):
        yield Broken(place=str(file), why="the file is empty")
    else:
        stream.seek(0)
        yield from readers[kind](str(file), stream)


def _json(file: str, stream: BinaryIO) -> Items:
    """One request; or a request a line, for the collector's file exporter names those .json too."""
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
        return Broken(place=place, why=f"more than {LARGEST_RECORD} bytes in one request")
    try:
        if _lacks_spans(text):
            return Broken(place=place, why="not OTLP/JSON traces: there is no 'resourceSpans'")
        return _parsed(place, from_json(text))
    except Refusal as refusal:
        return Broken(place=place, why=refusal.message)


def _lacks_spans(text: bytes) -> bool:
    # Unknown members are no error in OTLP, so any object would pass for a request without spans.
    if b'"resourceSpans"' in text or b'"resource_spans"' in text:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        # What is wrong with it is said by the one who reads it.
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
        return Broken(place=place, why="not an OTLP trace request")


def _protobuf(file: str, stream: BinaryIO) -> Items:
    head = stream.read(16)
    stream.seek(0)
    if _is_single(head):
        body = stream.read(LARGEST_RECORD + 1)
        if len(body) > LARGEST_RECORD:
            yield Broken(place=file, why=f"more than {LARGEST_RECORD} bytes in one request")
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
            yield Broken(place=place, why="the file is cut short here, or is not OTLP")
            return
        yield _parsed(place, body)
        position = stream.tell()


def _is_single(head: bytes) -> bool:
    """Tell one request from a sequence of them by how the file begins.

    A request begins with its tag, 10; a sequence with the first one's length. Only where that is 10
    too is there a doubt: then what makes sense as OTLP decides.
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
    """Read a length; None at the end of the file, -1 for what is no length."""
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
    """Read a length of four bytes, as the collector's file exporter writes them."""
    length = stream.read(4)
    return int.from_bytes(length, "big") if len(length) == 4 else -1 if length else None
