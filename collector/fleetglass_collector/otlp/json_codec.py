"""Convert OTLP/JSON to protobuf.

OTLP's JSON differs from protobuf's own JSON mapping in two ways: ids are hex instead of base64,
and enums are numbers, never names.
"""

import base64
import json
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.errors import Reason, Refusal

ID_NAMES = frozenset({"trace_id", "span_id", "parent_span_id"})

# An id that is not hex becomes this value. No valid id has its length, so the check refuses the
# span and keeps the others.
INVALID_ID = base64.b64encode(b"?").decode()

Object = dict[str, Any]


def from_json(body: bytes) -> bytes:
    """Return the same request as serialized protobuf.

    Raises:
        Refusal: The body is not OTLP/JSON; the message names the wrong place.
    """
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
        request = ExportTraceServiceRequest()
        _convert_object("the request", document, request.DESCRIPTOR)
        return ParseDict(document, request, ignore_unknown_fields=True).SerializeToString()
    except RecursionError as error:
        raise Refusal(Reason.MALFORMED, "not OTLP/JSON: nested too deeply") from error
    # On odd input protobuf's parser raises other errors than its own, too.
    except (ParseError, ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
        raise Refusal(Reason.MALFORMED, f"not OTLP/JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> Object:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {repeated!r} occurs repeated in one object")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON; send it as a string")


def _convert_object(place: str, value: Any, message: Descriptor) -> None:
    """Convert OTLP's JSON, in place, to the JSON that protobuf's parser reads.

    The shapes are checked here, because the parser is lax about them.
    """
    members = cast(Object, _expect(dict, value, place))
    for field in message.fields:
        name = field.camelcase_name
        if members.get(name) is not None:
            members[name] = _convert(f"{place}.{name}", members[name], field)
    if message.name == "Span" and any(INVALID_ID in link.values() for link in _links(members)):
        members["traceId"] = INVALID_ID


def _links(span: Object) -> list[Object]:
    return span.get("links") or []


def _convert(place: str, value: Any, field: FieldDescriptor) -> Any:
    if not field.is_repeated:
        return _convert_one(place, value, field)
    items = cast(list[object], _expect(list, value, place))
    return [_convert_one(f"{place}[{i}]", item, field) for i, item in enumerate(items)]


def _convert_one(place: str, value: Any, field: FieldDescriptor) -> Any:
    if field.message_type:
        _convert_object(place, value, field.message_type)
    elif field.type == FieldDescriptor.TYPE_ENUM:
        _expect(int, value, place)
    elif field.name in ID_NAMES:
        return _id(_expect(str, value, place))
    elif field.type == FieldDescriptor.TYPE_BYTES:
        return _base64(_expect(str, value, place))
    return value


def _expect(kind: type, value: Any, place: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        kinds = {dict: "an object", list: "an array", int: "a number", str: "a string"}
        raise ValueError(f"{place} must be {kinds[kind]}")
    return value


def _id(text: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(text)).decode()
    except ValueError:
        return INVALID_ID


def _base64(text: str) -> str:
    """Return standard base64; the input may use either alphabet, with or without padding."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    padded = plain + "=" * (-len(plain) % 4)
    base64.b64decode(padded, validate=True)
    return padded
