"""Answers follow the OTLP specification."""

import json

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from fleetglass_collector.otlp.reply import status, success


def test_a_full_success_is_empty() -> None:
    assert success(0, "", json=False) == b""
    assert success(0, "", json=True) == b"{}"


def test_a_partial_success_has_the_number_and_the_reason() -> None:
    response = ExportTraceServiceResponse.FromString(success(2, "bad ids", json=False))

    assert response.partial_success.rejected_spans == 2
    assert response.partial_success.error_message == "bad ids"


def test_a_64_bit_number_is_text_in_json() -> None:
    assert json.loads(success(2, "bad ids", json=True)) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": "bad ids"}
    }


def test_a_refusal_is_a_google_rpc_status() -> None:
    message = Status.FromString(status(3, "nö", json=False))

    assert (message.code, message.message) == (3, "nö")
    assert json.loads(status(3, "nö", json=True)) == {"code": 3, "message": "nö"}
