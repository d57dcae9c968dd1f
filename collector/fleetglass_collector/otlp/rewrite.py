"""The slow path: make of a request one that the database can read, losing nothing that was sent."""

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.messages import NESTING
from fleetglass_collector.otlp.shape import identified
from fleetglass_collector.otlp.text import attribute_text


def rewrite(body: bytes) -> tuple[bytes, int, int]:
    """Return the new body, how many spans are in it, and how many were refused for their ids.

    Values that nest become their text. Fields that are not OTLP's are left out, which also undoes
    wrong wire types: a field of the wrong type counts as unknown.
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise Refusal(Reason.MALFORMED, f"not an ExportTraceServiceRequest: {error}") from error
    request.DiscardUnknownFields()
    kept = rejected = 0
    for resource_spans in request.resource_spans:
        _flatten(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            rejected += _refuse_unidentified(scope_spans)
            kept += len(scope_spans.spans)
            _flatten_scope(scope_spans)
    return request.SerializeToString(), kept, rejected


def _refuse_unidentified(scope_spans: ScopeSpans) -> int:
    before = len(scope_spans.spans)
    fit = identified(scope_spans.spans)
    kept = [span for span, fits in zip(scope_spans.spans, fit, strict=True) if fits]
    if len(kept) < before:
        del scope_spans.spans[:]
        scope_spans.spans.extend(kept)
    return before - len(kept)


def _flatten_scope(scope_spans: ScopeSpans) -> None:
    _flatten(scope_spans.scope.attributes)
    for span in scope_spans.spans:
        _flatten(span.attributes)
        for event in span.events:
            _flatten(event.attributes)
        for link in span.links:
            _flatten(link.attributes)


def _flatten(pairs: Iterable[KeyValue]) -> None:
    for pair in pairs:
        if not _is_flat(pair.value):
            pair.value.string_value = attribute_text(pair.value)


def _is_flat(value: AnyValue) -> bool:
    kind = value.WhichOneof("value")
    if kind == "kvlist_value":
        return False
    if kind != "array_value":
        return True
    return all(e.WhichOneof("value") not in NESTING for e in value.array_value.values)
