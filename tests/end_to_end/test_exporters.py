"""The official OpenTelemetry exporters: SQL returns exactly the spans that they sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit.stack import Stack, eventually
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, format_span_id, format_trace_id

Make = Callable[[Stack], SpanExporter]

ATTRIBUTES: dict[str, Any] = {
    "text": 'naïve "quoted" \\ \n 日本 🛰️',
    "empty": "",
    "yes": True,
    "count": -(2**63),
    "share": 0.1,
    "texts": ["a/b", 'c"', ""],
    "counts": [1, 2**40],
    "shares": [0.5, 1e-9],
    "flags": [True, False],
}


def over_http(stack: Stack) -> SpanExporter:
    return HttpExporter(f"http://127.0.0.1:{stack.http}/v1/traces")


def over_http_gzipped(stack: Stack) -> SpanExporter:
    return HttpExporter(f"http://127.0.0.1:{stack.http}/v1/traces", compression=Compression.Gzip)


def over_grpc(stack: Stack) -> SpanExporter:
    return GrpcExporter(f"127.0.0.1:{stack.grpc}", insecure=True)


def emit(exporter: SpanExporter) -> ReadableSpan:
    """Emit a parent and a child that uses every field of a span; return the child."""
    resource = Resource.create({"service.name": "exporters", "fleet": "β"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("tests", "1.2")
    with tracer.start_as_current_span("parent") as parent:
        links = [Link(parent.get_span_context(), {"why": "because"})]
        child = tracer.start_span("child", kind=SpanKind.CLIENT, attributes=ATTRIBUTES, links=links)
        child.add_event("happened", {"n": 1})
        child.set_status(Status(StatusCode.ERROR, "it broke"))
        child.end()
    provider.shutdown()
    assert isinstance(child, ReadableSpan)
    return child


def plain(value: Any) -> Any:
    """Convert a stored attribute back to its value."""
    return json.loads(value) if value[:1] == "[" else value


@pytest.mark.parametrize("make", [over_http, over_http_gzipped, over_grpc])
def test_the_stored_span_equals_the_sent_one(shared: Stack, make: Make) -> None:
    child = emit(make(shared))
    context = child.get_span_context()
    assert context
    assert child.parent
    assert child.start_time
    assert child.end_time
    where = f"SpanId = '{format_span_id(context.span_id)}'"
    eventually(lambda: shared.count(where) == 1)
    [row] = shared.query(
        f"SELECT *, toUnixTimestamp64Nano(Timestamp) AS start FROM otel_traces WHERE {where}"
    )

    assert row["TraceId"] == format_trace_id(context.trace_id)
    assert row["ParentSpanId"] == format_span_id(child.parent.span_id)
    assert (row["SpanName"], row["SpanKind"]) == ("child", "Client")
    assert int(row["start"]) == child.start_time
    assert int(row["Duration"]) == child.end_time - child.start_time
    assert (row["StatusCode"], row["StatusMessage"]) == ("Error", "it broke")
    assert (row["ScopeName"], row["ScopeVersion"]) == ("tests", "1.2")
    assert row["ServiceName"] == "exporters"
    assert row["ResourceAttributes"]["fleet"] == "β"
    stored = {key: plain(value) for key, value in row["SpanAttributes"].items()}
    scalars = {"yes": "true", "count": str(-(2**63)), "share": "0.1"}
    assert stored == {**ATTRIBUTES, **scalars}
    assert row["Events.Name"] == ["happened"]
    assert row["Events.Attributes"] == [{"n": "1"}]
    assert row["Links.SpanId"] == [format_span_id(child.parent.span_id)]
    assert row["Links.Attributes"] == [{"why": "because"}]
