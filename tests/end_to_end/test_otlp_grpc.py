"""OTLP/gRPC follows the specification."""

import os
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from kit.spans import EXPORT, request
from kit.stack import Stack, eventually, running
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse


def call(stack: Stack, body: bytes, method: str = EXPORT, **options: object) -> bytes:
    with grpc.insecure_channel(f"127.0.0.1:{stack.grpc}") as channel:
        return bytes(channel.unary_unary(method)(body, timeout=20, **options))  # type: ignore


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_a_request_is_stored(shared: Stack, compression: grpc.Compression) -> None:
    trace_id = os.urandom(16)
    answer = call(shared, request(3, trace_id=trace_id), compression=compression)

    assert ExportTraceServiceResponse.FromString(answer) == ExportTraceServiceResponse()
    eventually(lambda: shared.count(f"TraceId = '{trace_id.hex()}'") == 3)


def test_a_malformed_request_is_an_invalid_argument(shared: Stack) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        call(shared, b"\xff\xff")

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_decompression_bomb_is_refused(shared: Stack) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        call(shared, bytes(200 << 20), compression=grpc.Compression.Gzip)

    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "method",
    [EXPORT + "s", EXPORT.replace("trace", "metrics").replace("Trace", "Metrics")],
)
def test_other_signals_are_unimplemented(shared: Stack, method: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        call(shared, request(), method)

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_full_journal_tells_the_client_when_to_retry(tmp_path: object) -> None:
    with running(tmp_path, FLEETGLASS_JOURNAL_MAX_BYTES="10") as stack:  # type: ignore[arg-type]
        with pytest.raises(grpc.RpcError) as refused:
            call(stack, request())
        code, headers, _ = stack.post(request())

    trailing: Any = refused.value.trailing_metadata()
    rich = Status.FromString(dict(trailing)["grpc-status-details-bin"])
    retry = RetryInfo()
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert rich.details[0].Unpack(retry)
    assert retry.retry_delay.seconds > 0
    assert (code, int(headers["retry-after"])) == (429, retry.retry_delay.seconds)
