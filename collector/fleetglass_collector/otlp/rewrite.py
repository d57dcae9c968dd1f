"""Make of a request one that the database can read, losing nothing that was sent."""

from collections.abc import Iterable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

from fleetglass_collector.otlp.merged import NESTING
from fleetglass_collector.otlp.shape import identified
from fleetglass_collector.otlp.text import attribute_text


def flatten(request: ExportTraceServiceRequest) -> None:
    """Turn values that nest, and missing ones, into text; leave out fields that are not OTLP's.

    A field of the wrong wire type counts as one that is not OTLP's. Of what was sent twice where
    there can be one, the last is kept, as protobuf says.
    """
    request.DiscardUnknownFields()
    for resource_spans in request.resource_spans:
        _flatten(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            _flatten(scope_spans.scope.attributes)
            _flatten_spans(scope_spans)


def refuse_unidentified(request: ExportTraceServiceRequest) -> int:
    """Remove spans whose ids OTLP does not allow; return how many there were."""
    return sum(
        _refuse(scope_spans)
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
    )


def _refuse(scope_spans: ScopeSpans) -> int:
    before = len(scope_spans.spans)
    fit = identified(scope_spans.spans)
    kept = [span for span, fits in zip(scope_spans.spans, fit, strict=True) if fits]
    if len(kept) < before:
        del scope_spans.spans[:]
        scope_spans.spans.extend(kept)
    return before - len(kept)


def _flatten_spans(scope_spans: ScopeSpans) -> None:
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
    if kind != "array_value":
        return kind not in (None, "kvlist_value")
    return all(item.WhichOneof("value") not in NESTING for item in value.array_value.values)
