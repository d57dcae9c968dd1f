"""Tell in two fast parses whether a request may go to the database as it is.

One parse with merged messages (see `messages`) says of a request as a whole which kinds of values,
unknown fields and broken strings are in it; no Python object is made per span or attribute. A
second lists the spans, for their ids. Measured on spans of 1.5 KB: 0.5 + 0.5 us a span.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp import messages

NO_TRACE = bytes(16)
NO_SPAN = bytes(8)

_merged = messages.merged()
_MERGED: Any = _merged("ExportTraceServiceRequest")
_ARRAY: Any = _merged("ArrayValue")
_LISTED: Any = messages.listed()("ExportTraceServiceRequest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    spans: int
    flat: bool
    """Every value is one that the database reads by itself, and every field is one of OTLP's."""
    identified: bool
    """Every span has ids that OTLP allows."""


def shape(body: bytes) -> Shape:
    """Parse a serialized ExportTraceServiceRequest.

    Raises:
        Refusal: It is not one.
    """
    try:
        merged = _MERGED.FromString(body)
        spans = _LISTED.FromString(body).resource_spans.scope_spans.spans
        return Shape(spans=len(spans), flat=_is_flat(merged), identified=all(identified(spans)))
    except DecodeError as error:
        raise Refusal(Reason.MALFORMED, f"not an ExportTraceServiceRequest: {error}") from error


def identified(spans: Iterable[Any]) -> list[bool]:
    """Tell of each span whether its ids have their lengths, and its own are not all zero."""
    return [
        len(span.trace_id) == 16
        and len(span.span_id) == 8
        and len(span.parent_span_id) in (0, 8)
        and span.trace_id != NO_TRACE
        and span.span_id != NO_SPAN
        for span in spans
    ]


def _is_flat(merged: Any) -> bool:
    # No short cut: the arrays are still unparsed, and a broken one must be found.
    parts = list(_parts(merged))
    values = [part for part in parts if part.DESCRIPTOR.name == "AnyValue"]
    flat = [_is_flat_array(array) for value in values for array in set(value.array_value)]
    return (
        all(flat)
        and not any(value.kvlist_value for value in values)
        and not any(len(UnknownFieldSet(part)) for part in parts)
    )


def _parts(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.type == messages.MESSAGE:
            yield from _parts(value)


def _is_flat_array(encoded: bytes) -> bool:
    array = _ARRAY.FromString(encoded)
    leaf = array.values
    return (
        not leaf.array_value
        and not leaf.kvlist_value
        and not any(len(UnknownFieldSet(part)) for part in _parts(array))
    )
