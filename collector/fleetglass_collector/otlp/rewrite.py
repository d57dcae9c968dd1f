"""Rewrite a request so that the database can read it."""

from collections.abc import Iterable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

from fleetglass_collector.otlp.merged import NESTING
from fleetglass_collector.otlp.shape import identified
from fleetglass_collector.otlp.text import attribute_text


def flatten(request: ExportTraceServiceRequest) -> None:
    """Turn nested and missing values into text; leave out fields that are not OTLP's.

    A field of the wrong wire type counts as one that is not OTLP's. If a client sent a single
    field twice, the last value is kept, as protobuf says.
    """
    request.DiscardUnknownFields()
    for resource_spans in request.resource_spans:
        _flatten(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            _flatten(scope_spans.scope.attributes)
            _flatten_spans(scope_spans)


def refuse_unidentified(request: ExportTraceServiceRequest) -> int:
    """Remove spans whose ids OTLP does not allow; return their number."""
    return sum(
        _remove_unidentified(scope_spans)
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
    )


def _remove_unidentified(scope_spans: ScopeSpans) -> int:
    before = len(scope_spans.spans)
    valid = identified(scope_spans.spans)
    kept = [span for span, is_valid in zip(scope_spans.spans, valid, strict=True) if is_valid]
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
