"""The rows that the database must contain after a request. The SQL is tested against this."""

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span

from fleetglass_collector.otlp.text import attribute_text

KINDS = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
STATUSES = ("Unset", "Ok", "Error")
LATEST_NS = 4102444800000000000

Pairs = list[tuple[str, str]]
Row = dict[str, Any]


def rows(request: ExportTraceServiceRequest, *, tenant: str = "default") -> list[Row]:
    return [
        row
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
        for row in _rows(
            scope_spans, _with_tenant(_pairs(resource_spans.resource.attributes), tenant)
        )
    ]


def _rows(scope_spans: ScopeSpans, resource: Pairs) -> Iterator[Row]:
    service = next((value for key, value in resource if key == "service.name"), "")
    for span in scope_spans.spans:
        yield {
            "ServiceName": service,
            "ResourceAttributes": resource,
            "ScopeName": scope_spans.scope.name,
            "ScopeVersion": scope_spans.scope.version,
            **_span(span),
        }


def _span(span: Span) -> Row:
    return {
        "Timestamp": _time(span.start_time_unix_nano),
        "TraceId": span.trace_id.hex(),
        "SpanId": span.span_id.hex(),
        "ParentSpanId": span.parent_span_id.hex() if any(span.parent_span_id) else "",
        "TraceState": span.trace_state,
        "SpanName": span.name,
        "SpanKind": KINDS[span.kind],
        "SpanAttributes": _pairs(span.attributes),
        "Duration": max(0, span.end_time_unix_nano - span.start_time_unix_nano),
        "StatusCode": STATUSES[span.status.code],
        "StatusMessage": span.status.message,
        "Events.Timestamp": [_time(event.time_unix_nano) for event in span.events],
        "Events.Name": [event.name for event in span.events],
        "Events.Attributes": [_pairs(event.attributes) for event in span.events],
        "Links.TraceId": [link.trace_id.hex() for link in span.links],
        "Links.SpanId": [link.span_id.hex() for link in span.links],
        "Links.TraceState": [link.trace_state for link in span.links],
        "Links.Attributes": [_pairs(link.attributes) for link in span.links],
    }


def _with_tenant(resource: Pairs, tenant: str) -> Pairs:
    if tenant in ("", "default"):
        return resource
    others = [(key, value) for key, value in resource if key != "fleetglass.tenant"]
    return [*others, ("fleetglass.tenant", tenant)]


def _pairs(attributes: Iterable[KeyValue]) -> Pairs:
    return [(pair.key, attribute_text(pair.value)) for pair in attributes]


def _time(nanoseconds: int) -> int:
    return min(nanoseconds, LATEST_NS)
