"""OTLP/JSON to protobuf.

OTLP's JSON is protobuf's own JSON mapping but for two things: ids are hex instead of base64, and
enums are numbers, never names.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any, cast

from google.protobuf.json_format import ParseDict, ParseError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.errors import Reason, Refusal

ID_NAMES = ("traceId", "spanId", "parentSpanId")

# An id that is no hex becomes this, whose length no id has: the span is refused, the rest is kept.
INVALID_ID = base64.b64encode(b"?").decode()

Object = dict[str, Any]


def from_json(body: bytes) -> bytes:
    """Return the same request as serialized protobuf.

    Raises:
        Refusal: It is not OTLP/JSON; the message names the place.
    """
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
        for place, span in _spans(document):
            _convert_ids(span)
            _refuse_names(place, span)
        return ParseDict(
            document, ExportTraceServiceRequest(), ignore_unknown_fields=True
        ).SerializeToString()
    except RecursionError as error:
        raise Refusal(Reason.MALFORMED, "not OTLP/JSON: nested too deeply") from error
    # What protobuf's parser raises on odd input is not only its own error.
    except (ParseError, ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
        raise Refusal(Reason.MALFORMED, f"not OTLP/JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> Object:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {twice!r} occurs twice in one object")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON; send it as a string")


def _spans(document: Any) -> Iterator[tuple[str, Object]]:
    """Every span with its place. What is not shaped like a request, the parser will name."""
    for i, resource_spans in _members(document, "resourceSpans"):
        for j, scope_spans in _members(resource_spans, "scopeSpans"):
            for k, span in _members(scope_spans, "spans"):
                yield f"resourceSpans[{i}].scopeSpans[{j}].spans[{k}]", span


def _members(parent: Any, name: str) -> Iterator[tuple[int, Object]]:
    children = _get(parent, name)
    if isinstance(children, list):
        for i, child in enumerate(cast(list[object], children)):
            if isinstance(child, dict):
                yield i, cast(Object, child)


def _get(parent: Any, name: str) -> Any:
    return cast(Object, parent).get(name) if isinstance(parent, dict) else None


def _convert_ids(span: Object) -> None:
    valid = [_convert(part) for part in (span, *(link for _, link in _members(span, "links")))]
    if not all(valid):
        span["traceId"] = INVALID_ID


def _convert(part: Object) -> bool:
    """Turn hex into the base64 that the parser expects; tell whether it was hex."""
    valid = True
    for name in ID_NAMES:
        if isinstance(part.get(name), str):
            try:
                part[name] = base64.b64encode(bytes.fromhex(part[name])).decode()
            except ValueError:
                part[name] = INVALID_ID
                valid = False
    return valid


def _refuse_names(place: str, span: Object) -> None:
    code = _get(span.get("status"), "code")
    for name, value in ((f"{place}.kind", span.get("kind")), (f"{place}.status.code", code)):
        if isinstance(value, str):
            raise ValueError(f"{name} is {value!r}; enums are numbers in OTLP/JSON")
