"""Build the bodies of OTLP/HTTP and gRPC answers."""

import json as json_library

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse


def success(rejected: int, message: str, *, json: bool) -> bytes:
    """Return an ExportTraceServiceResponse; a full success has no `partial_success`."""
    partial = rejected > 0 or message != ""
    if json:
        body = {"rejectedSpans": str(rejected), "errorMessage": message}
        return _encode({"partialSuccess": body} if partial else {})
    response = ExportTraceServiceResponse()
    if partial:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    return response.SerializeToString()


def status(code: int, message: str, *, json: bool) -> bytes:
    """Return a google.rpc.Status."""
    if json:
        return _encode({"code": code, "message": message})
    return bytes(Status(code=code, message=message).SerializeToString())


def _encode(document: dict[str, object]) -> bytes:
    return json_library.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
