"""A running fleetglass settles spans, even if the settling process crashes."""

import os
import random
import signal
import time
from pathlib import Path

from kit.stack import Stack, eventually, request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

RUNS, CALLS = 40, 10
HEADERS = {"content-type": "application/x-protobuf"}
SUMS = (
    "SELECT agent, sum(spans) AS spans, sum(input_tokens) AS tokens, toFloat64(sum(cost)) AS cost "
    "FROM agent_minutes GROUP BY agent HAVING spans != 0 OR tokens != 0 ORDER BY agent"
)


def test_spans_get_their_agent_even_if_settling_is_killed(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    stack.start()
    try:
        chance = random.Random(7)
        for body in shuffled(chance):
            send(stack, body)
            if chance.random() < 0.1:
                kill(stack, "settle")
        eventually(lambda: stack.query(SUMS) == expected(), within_s=90)

        spans = stack.query("SELECT agent, count() AS n FROM agent_spans GROUP BY agent")
        assert {row["agent"]: int(row["n"]) for row in spans} == {"boss": RUNS * (CALLS + 1)}
    finally:
        stack.stop()


def test_a_span_sent_twice_counts_once(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    stack.start()
    try:
        body = message([agent(b"1" * 16), *calls(b"1" * 16)])
        send(stack, body)
        eventually(lambda: total(stack) == CALLS + 1)
        send(stack, body)
        eventually(lambda: stack.count() == 2 * (CALLS + 1))
        eventually(lambda: total(stack) == CALLS + 1, within_s=60)

        assert int(stack.query("SELECT count() AS n FROM agent_spans")[0]["n"]) == CALLS + 1
    finally:
        stack.stop()


def total(stack: Stack) -> int:
    return int(stack.query("SELECT sum(spans) AS n FROM agent_minutes")[0]["n"])


def expected() -> list[dict[str, object]]:
    tokens = RUNS * CALLS * 100
    cost = tokens * 0.15e-6
    spans = RUNS * (CALLS + 1)
    return [{"agent": "boss", "spans": spans, "tokens": tokens, "cost": round(cost, 12)}]


def shuffled(chance: random.Random) -> list[bytes]:
    """Make one request per span, in random order."""
    bodies: list[bytes] = []
    for _ in range(RUNS):
        trace = chance.randbytes(16)
        bodies += [message([span]) for span in (agent(trace), *calls(trace))]
    chance.shuffle(bodies)
    return bodies


def agent(trace: bytes) -> Span:
    span = made(trace, 0, "invoke_agent boss")
    text(span, "gen_ai.operation.name", "invoke_agent")
    text(span, "gen_ai.agent.name", "boss")
    return span


def calls(trace: bytes) -> list[Span]:
    spans = [made(trace, number, "chat gpt-4o-mini") for number in range(1, CALLS + 1)]
    for span in spans:
        span.parent_span_id = (1).to_bytes(8, "big")
        text(span, "gen_ai.operation.name", "chat")
        text(span, "gen_ai.provider.name", "openai")
        text(span, "gen_ai.request.model", "gpt-4o-mini")
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 100
    return spans


def made(trace: bytes, number: int, name: str) -> Span:
    now = time.time_ns()
    return Span(
        trace_id=trace,
        span_id=(number + 1).to_bytes(8, "big"),
        name=name,
        start_time_unix_nano=now,
        end_time_unix_nano=now + 1_000_000,
    )


def text(span: Span, key: str, value: str) -> None:
    span.attributes.add(key=key).value.string_value = value


def message(spans: list[Span]) -> bytes:
    whole = ExportTraceServiceRequest()
    whole.resource_spans.add().scope_spans.add().spans.extend(spans)
    return whole.SerializeToString()


def send(stack: Stack, body: bytes) -> None:
    assert request(stack.http, "POST", "/v1/traces", body, HEADERS)[0] == 200


def kill(stack: Stack, command: str) -> None:
    if pid := stack.child(command):
        os.kill(pid, signal.SIGKILL)
