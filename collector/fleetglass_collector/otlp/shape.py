"""Tell with two fast parses whether the database can read a request unchanged.

Measured on spans of 1.5 KB: the merged parse takes 0.5 us a span, the check of ids 0.5 us.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp import merged

NO_TRACE = bytes(16)
NO_SPAN = bytes(8)
SMALLEST_SPAN = 28  # both ids and their tags
CROWD = 10_000

_classes = merged.merged()
_REQUEST: Any = _classes("ExportTraceServiceRequest")
_ARRAY: Any = _classes("ArrayValue")
_COUNTED: Any = merged.counted()("ExportTraceServiceRequest")
_listed = merged.listed()
_LISTED_REQUEST: Any = _listed("ExportTraceServiceRequest")
_LISTED_ARRAY: Any = _listed("ArrayValue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    spans: int
    flat: bool
    """No value is nested, each attribute has one key and one value, all fields are OTLP's."""
    identified: bool
    """Every span has ids that OTLP allows."""


def shape(body: bytes) -> Shape:
    """Parse a serialized ExportTraceServiceRequest.

    Raises:
        Refusal: The body is not such a request.
    """
    try:
        _refuse_crowd(body)
        spans = _LISTED_REQUEST.FromString(body).resource_spans.scope_spans.spans
        flat = _is_flat(_REQUEST.FromString(body))
        return Shape(spans=len(spans), flat=flat, identified=all(identified(spans)))
    except DecodeError as error:
        raise Refusal(Reason.MALFORMED, f"not an ExportTraceServiceRequest: {error}") from error


def _refuse_crowd(body: bytes) -> None:
    """Refuse masses of spans that are too small to have ids.

    Parsed, such spans would take a hundred times their size in memory.
    """
    spans = len(_COUNTED.FromString(body).resource_spans.scope_spans.spans)
    if spans > CROWD and spans * SMALLEST_SPAN > len(body):
        raise Refusal(Reason.MALFORMED, f"{spans} spans in {len(body)} bytes cannot have ids")


def identified(spans: Iterable[Any]) -> list[bool]:
    """Tell for each span whether its ids have the right lengths and its own are not all zero."""
    return [
        len(span.trace_id) == 16
        and len(span.span_id) == 8
        and len(span.parent_span_id) in (0, 8)
        and span.trace_id != NO_TRACE
        and span.span_id != NO_SPAN
        for span in spans
    ]


def _is_flat(request: Any) -> bool:
    parts = list(_parts(request))
    # Arrays are still unparsed, so each is parsed here. Many are equal: few must be parsed.
    encoded = {array for value in _named("AnyValue", parts) for array in value.array_value}
    inside = [part for array in encoded for part in _parts(_ARRAY.FromString(array))]
    return (
        all(map(_is_counted, encoded))
        and all(len(pair.key) == _members(pair.value) for pair in _named("KeyValue", parts))
        and not any(value.array_value for value in _named("AnyValue", inside))
        and not any(value.kvlist_value for value in _named("AnyValue", parts + inside))
        and not any(len(UnknownFieldSet(part)) for part in parts + inside)
    )


def _is_counted(array: bytes) -> bool:
    """Tell whether an array has one member for each of its values."""
    values = _LISTED_ARRAY.FromString(array).values
    return len(values) == _members(_ARRAY.FromString(array).values)


def _members(value: Any) -> int:
    """Count how often a member of the merged value's oneof was set."""
    return sum(len(members) for _, members in value.ListFields())


def _named(name: str, parts: Iterable[Any]) -> list[Any]:
    return [part for part in parts if part.DESCRIPTOR.name == name]


def _parts(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.type == merged.MESSAGE:
            yield from _parts(value)
