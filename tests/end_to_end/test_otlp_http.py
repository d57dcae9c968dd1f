"""OTLP/HTTP follows the specification."""

import gzip
import json
import os
import socket
import zlib

import pytest
import zstandard
from google.rpc.status_pb2 import Status
from kit.spans import request
from kit.stack import Stack, eventually
from kit.stack import request as http
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

JSON = "application/json"


def arrives(stack: Stack, trace_id: bytes, spans: int) -> None:
    eventually(lambda: stack.count(f"TraceId = '{trace_id.hex()}'") == spans)


def with_bad_ids() -> tuple[bytes, bytes]:
    """Make three spans: one with an all-zero trace id, one with a short span id, one valid."""
    trace_id = os.urandom(16)
    message = ExportTraceServiceRequest.FromString(request(3, trace_id=trace_id))
    spans = message.resource_spans[0].scope_spans[0].spans
    spans[0].trace_id = bytes(16)
    spans[1].span_id = b"short"
    return message.SerializeToString(), trace_id


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_a_request_in_any_encoding_is_stored(shared: Stack, encoding: str, compress) -> None:  # type: ignore[no-untyped-def] # pyright: ignore
    trace_id = os.urandom(16)
    body = compress(request(3, trace_id=trace_id))  # pyright: ignore
    code, headers, answer = shared.post(body, **{"content-encoding": encoding})  # pyright: ignore

    assert (code, headers["content-type"]) == (200, "application/x-protobuf")
    assert ExportTraceServiceResponse.FromString(answer) == ExportTraceServiceResponse()
    arrives(shared, trace_id, 3)


def test_json_is_answered_in_json(shared: Stack) -> None:
    trace_id = os.urandom(16)
    span = {
        "traceId": trace_id.hex(),
        "spanId": os.urandom(8).hex(),
        "name": "from json",
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": 1700000000000000009,
        "attributes": [{"key": "n", "value": {"intValue": "7"}}],
        "somethingNew": 1,
    }
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    code, headers, answer = shared.post(json.dumps(body).encode(), JSON)

    assert (code, headers["content-type"], json.loads(answer)) == (200, JSON, {})
    # Its time is before the retention: the database will delete it, so check only the counts.
    assert shared.metrics()["fleetglass_spans_unaccounted"] == 0


def test_spans_with_invalid_ids_are_refused_and_the_others_kept(shared: Stack) -> None:
    body, trace_id = with_bad_ids()
    code, _, answer = shared.post(body)
    partial = ExportTraceServiceResponse.FromString(answer).partial_success

    assert (code, partial.rejected_spans) == (200, 2)
    assert "id" in partial.error_message
    arrives(shared, trace_id, 1)


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"\x0a\x05abc", gzip.compress(b"\xff", mtime=0)])
def test_a_malformed_request_gets_400_with_a_status(shared: Stack, body: bytes) -> None:
    headers = {"content-encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    code, headers, answer = shared.post(body, **headers)

    assert (code, headers["content-type"]) == (400, "application/x-protobuf")
    assert Status.FromString(answer).message


def test_malformed_json_gets_400_in_json(shared: Stack) -> None:
    code, headers, answer = shared.post(b'{"resourceSpans": 7}', JSON)

    assert (code, headers["content-type"]) == (400, JSON)
    assert json.loads(answer)["message"]


@pytest.mark.parametrize(
    ("method", "path", "kind", "encoding", "wanted"),
    [
        ("POST", "/v1/metrics", "application/x-protobuf", "", 404),
        ("POST", "/v1/logs", "application/json", "", 404),
        ("GET", "/v1/traces", "application/x-protobuf", "", 405),
        ("POST", "/v1/traces", "text/plain", "", 415),
        ("POST", "/v1/traces", "application/x-protobuf", "snappy", 415),
    ],
)
def test_an_unsupported_request_gets_the_right_status(
    shared: Stack, method: str, path: str, kind: str, encoding: str, wanted: int
) -> None:
    headers = {"content-type": kind, **({"content-encoding": encoding} if encoding else {})}
    code, _, _ = http(shared.http, method, path, request(), headers)

    assert code == wanted


def test_a_decompression_bomb_stops_at_the_limit(shared: Stack) -> None:
    bomb = gzip.compress(bytes(200 << 20))
    code, _, answer = shared.post(bomb, **{"content-encoding": "gzip"})

    assert code == 413
    assert Status.FromString(answer).message


def test_a_body_over_the_limit_is_refused_before_it_is_read(shared: Stack) -> None:
    with socket.create_connection(("127.0.0.1", shared.http), timeout=10) as client:
        client.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/x-protobuf\r\n"
            b"content-length: 9999999999\r\n\r\n"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_a_chunked_body_over_the_limit_is_refused(shared: Stack) -> None:
    chunk = bytes(1 << 20)
    with socket.create_connection(("127.0.0.1", shared.http), timeout=10) as client:
        client.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/x-protobuf\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        try:
            for _ in range(40):
                client.sendall(b"100000\r\n" + chunk + b"\r\n")
        except OSError:
            pass  # The server may close the connection early.
        answer = client.recv(100)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")


def test_slow_and_idle_clients_do_not_block_the_others(shared: Stack) -> None:
    address = ("127.0.0.1", shared.http)
    idle = [socket.create_connection(address, timeout=10) for _ in range(200)]
    slow = [socket.create_connection(address, timeout=10) for _ in range(20)]
    try:
        for client in slow[:10]:
            client.sendall(b"POST /v1/traces HTTP/1.1\r\nhost")
        for client in slow[10:]:
            client.sendall(
                # Only bytes that have arrived use memory, not the announced content-length.
                b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 33000000\r\n"
                b"content-type: application/x-protobuf\r\n\r\nx"
            )
        trace_id = os.urandom(16)
        assert shared.post(request(trace_id=trace_id))[0] == 200
        arrives(shared, trace_id, 1)
    finally:
        for client in (*idle, *slow):
            client.close()
