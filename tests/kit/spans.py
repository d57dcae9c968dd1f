"""OTLP requests for tests."""

import os
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def request(spans: int = 1, *, trace_id: bytes = b"", name: str = "work") -> bytes:
    """Make a request with one trace. All spans have the same name and different ids."""
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    service = resource_spans.resource.attributes.add(key="service.name")
    service.value.string_value = "tests"
    scope_spans = resource_spans.scope_spans.add()
    trace_id = trace_id or os.urandom(16)
    now = time.time_ns()
    for index in range(spans):
        span = scope_spans.spans.add(
            trace_id=trace_id,
            span_id=os.urandom(8),
            name=name,
            start_time_unix_nano=now + index,
            end_time_unix_nano=now + index + 1000,
        )
        attribute = span.attributes.add(key="index")
        attribute.value.int_value = index
    return message.SerializeToString()
