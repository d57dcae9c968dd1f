"""Sending never blocks the agent, whatever the collector does."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from kit.scripted_receiver import TAKEN, Receiver, Reply, receiving
from kit.sending import sending
from kit.stack import eventually, free_port
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan

import fleetglass
from fleetglass import step


@step
def work() -> None: ...


def test_spans_arrive_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver, sending(receiver.url, key="s3cret"):
        work()
        assert fleetglass.flush()

    assert receiver.names == ["work"]
    assert receiver.paths == ["/v1/traces"]
    assert receiver.headers[0]["authorization"] == "Bearer s3cret"


def test_an_outage_loses_no_span_that_fits_the_queue() -> None:
    with receiving() as receiver:
        receiver.script = [Reply(status=503), Reply(status=500), Reply(status=429)]
        with sending(receiver.url) as fleet:
            for _ in range(10):
                work()
            eventually(lambda: len(receiver.names) == 10)

            assert not fleet.outlet.lost


def test_a_batch_that_is_too_large_is_sent_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleetglass._outlet.FIRST_BACKOFF_S", 0.01)

    def at_most_three(request: ExportTraceServiceRequest) -> Reply:
        spans = request.resource_spans[0].scope_spans[0].spans
        return Reply(status=413) if len(spans) > 3 else TAKEN

    with receiving() as receiver:
        receiver.decide = at_most_three
        with sending(receiver.url, delay_s=0.5) as fleet:
            for _ in range(20):
                work()
            eventually(lambda: len(receiver.names) == 20)

            assert not fleet.outlet.lost


def test_spans_that_do_not_fit_are_counted_and_reported() -> None:
    port = free_port()
    with sending(f"http://127.0.0.1:{port}", max_queue=5, delay_s=0.3) as fleet:
        for _ in range(20):
            work()
        assert fleet.outlet.lost["full"] >= 10

    with receiving() as receiver, sending(receiver.url) as fleet:
        fleet.outlet.lost["full"] = 15
        work()
        eventually(lambda: "fleetglass.loss" in receiver.names)

    (loss,) = [
        {attribute.key: attribute.value for attribute in span.attributes}
        for request in receiver.taken
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.name == "fleetglass.loss"
    ]
    assert loss["fleetglass.loss.spans"].int_value == 15
    assert loss["fleetglass.loss.reason"].string_value == "full"


@contextmanager
def hanging() -> Generator[int]:
    """Open a port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def answering(receiver: Receiver, body: bytes) -> int:
    receiver.plain = Reply(body=body, headers={"content-type": "text/html"})
    return receiver.port


@pytest.mark.parametrize("collector", ["hangs", "refuses", "fails", "babbles"])
def test_a_broken_collector_does_not_block_the_agent(collector: str) -> None:
    with hanging() as silent, receiving() as receiver:
        if collector == "fails":
            receiver.plain = Reply(status=500)
        port = {
            "hangs": lambda: silent,
            "refuses": free_port,
            "fails": lambda: receiver.port,
            "babbles": lambda: answering(receiver, b"<html>\xff"),
        }[collector]()
        with sending(f"http://127.0.0.1:{port}", max_queue=100) as fleet:
            for _ in range(1000):
                work()
            threads = [thread for thread in threading.enumerate() if "outlet" in thread.name]
            assert len(threads) == 1
            fleet.close(0.5)

    # A hundred spans are queued and one batch is being sent. The others are dropped at once.
    assert collector == "babbles" or fleet.outlet.lost["full"] >= 300


def test_a_span_that_cannot_be_encoded_loses_no_other() -> None:
    with receiving() as receiver, sending(receiver.url) as fleet:
        work()
        tracer = fleet.tracer()
        tracer.start_span("half a pair: \ud800").end()
        work()
        eventually(lambda: len(receiver.names) >= 2)

        assert receiver.names[:2] == ["work", "work"]
        assert fleet.outlet.lost["unsound"] == 1


def test_no_thread_starts_before_the_first_span() -> None:
    with sending("http://127.0.0.1:1"):
        assert not [thread for thread in threading.enumerate() if "outlet" in thread.name]


def run(code: str, receiver: Receiver, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "FLEETGLASS_ENDPOINT": receiver.url, **environment}
    return subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, timeout=60
    )


DECORATED = """
import os, fleetglass
@fleetglass.agent
def a(x): return x
"""


def test_spans_that_end_just_before_the_process_are_sent() -> None:
    with receiving() as receiver:
        process = run(DECORATED + "a(1)", receiver, FLEETGLASS_SERVICE="s")

    assert (process.returncode, process.stderr) == (0, "")
    assert receiver.names == ["invoke_agent a"]


def test_a_fork_sends_only_its_own_spans() -> None:
    code = (
        DECORATED
        + """
a(1)
if not (child := os.fork()):
    a(2)
    fleetglass.flush()
    os._exit(0)
os.waitpid(child, 0)
"""
    )
    with receiving() as receiver:
        process = run(code, receiver)

    assert (process.returncode, process.stderr) == (0, "")
    assert receiver.names == ["invoke_agent a"] * 2


def test_a_process_without_a_collector_ends_without_errors() -> None:
    with receiving() as receiver:
        receiver.port = free_port()
        process = run(DECORATED + "a(1)", receiver)

    assert process.returncode == 0
    assert process.stderr.splitlines() == [
        f"fleetglass: no spans reach {receiver.url}/v1/traces: connection refused. "
        "Is the collector running there? 'fleetglass up' starts one; FLEETGLASS_ENDPOINT names it."
    ]


def test_a_disabled_sdk_sends_nothing(tmp_path: Path) -> None:
    with receiving() as receiver:
        process = run(DECORATED + "print(a(1))", receiver, FLEETGLASS_DISABLED="1")

    assert (process.stdout, process.stderr, receiver.names) == ("1\n", "", [])


def test_an_invalid_setting_is_logged_and_stops_no_agent() -> None:
    with receiving() as receiver:
        process = run(DECORATED + "print(a(1))", receiver, FLEETGLASS_CONTENT="some")

    assert process.stdout == "1\n"
    assert "content must be one of" in process.stderr


def test_the_import_starts_no_thread_and_loads_no_large_module() -> None:
    code = """
import sys, threading, fleetglass
heavy = {"requests", "google.protobuf", "grpc", "numpy", "http.client", "multiprocessing"}
print(sorted(heavy & set(sys.modules)), threading.active_count())
"""
    with receiving() as receiver:
        assert run(code, receiver).stdout == "[] 1\n"


def test_a_busy_agent_does_not_hurry_a_collector_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fleetglass._outlet.FIRST_BACKOFF_S", 600)
    attempts: list[int] = []

    def refuse(request: ExportTraceServiceRequest) -> Reply:
        attempts.append(request.ByteSize())
        return Reply(status=503)

    def tried_again() -> bool:
        work()
        return len(attempts) > 1

    with receiving() as receiver, sending(receiver.url, max_batch=5) as fleet:
        receiver.decide = refuse
        work()
        eventually(lambda: len(attempts) == 1)
        with pytest.raises(AssertionError, match="did not hold"):
            eventually(tried_again, within_s=0.5)

        assert not fleet.outlet.lost


TEXT = "x" * 2_000
ELSEWHERE = trace.SpanContext(1, 2, is_remote=False)
LARGE: dict[str, Callable[[trace.Span], object]] = {
    "attribute": lambda span: span.set_attribute("a", TEXT),
    "list": lambda span: span.set_attribute("a", ["", TEXT]),
    "numbers": lambda span: span.set_attribute("a", [1.0] * 1_000),
    "name": lambda span: span.update_name(TEXT),
    "event": lambda span: span.add_event("e", {"a": TEXT}),
    "event's name": lambda span: span.add_event(TEXT),
    "list of an event": lambda span: span.add_event("e", {"a": [TEXT, ""]}),
    "link": lambda span: span.add_link(ELSEWHERE, {"a": TEXT}),
    "status": lambda span: span.set_status(trace.Status(trace.StatusCode.ERROR, TEXT)),
}


@pytest.mark.parametrize("place", LARGE)
def test_the_limit_of_the_queue_counts_all_text(place: str) -> None:
    with sending(f"http://127.0.0.1:{free_port()}", max_queue_bytes=1_000) as fleet:
        span = fleet.tracer().start_span("s")
        LARGE[place](span)
        span.end()

        assert fleet.outlet.lost == {"full": 1}


def test_the_limit_of_the_queue_counts_text_in_nested_attributes() -> None:
    nested = {"a": {"b": [{"c": TEXT}]}}
    with sending(f"http://127.0.0.1:{free_port()}", max_queue_bytes=1_000) as fleet:
        fleet.outlet.put(ReadableSpan("s", attributes=cast("Any", nested)))

        assert fleet.outlet.lost == {"full": 1}
