"""Short ways to make spans of agents, and requests with them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

START_NS = 1_790_000_000 * 10**9
"""A day in September 2026, like those of the recorded spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A span. Ids may be any text; `at_ms` counts from START_NS."""

    id: str
    parent: str = ""
    trace: str = "t"
    name: str = "work"
    at_ms: int = 0
    took_ms: int = 1
    failed: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resource: Mapping[str, Any] = field(default_factory=lambda: {"service.name": "tests"})
    events: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def trace_id(trace: str) -> str:
    """Return the trace id as the database shows it."""
    return hashlib.sha256(trace.encode()).hexdigest()[:32]


def span_id(trace: str, span: str) -> str:
    return hashlib.sha256(f"{trace} {span}".encode()).hexdigest()[:16]


def request(spans: Iterable[Sent]) -> bytes:
    """Make a request in which each span has its own resource."""
    message = ExportTraceServiceRequest()
    for sent in spans:
        resource_spans = message.resource_spans.add()
        resource_spans.resource.attributes.extend(pairs(sent.resource))
        resource_spans.scope_spans.add().spans.append(span(sent))
    return message.SerializeToString()


def span(sent: Sent) -> Span:
    start = START_NS + sent.at_ms * 10**6
    return Span(
        trace_id=bytes.fromhex(trace_id(sent.trace)),
        span_id=bytes.fromhex(span_id(sent.trace, sent.id)),
        parent_span_id=bytes.fromhex(span_id(sent.trace, sent.parent)) if sent.parent else b"",
        name=sent.name,
        start_time_unix_nano=start,
        end_time_unix_nano=start + sent.took_ms * 10**6,
        attributes=pairs(sent.facts),
        events=[
            Span.Event(name=name, time_unix_nano=start, attributes=pairs(facts))
            for name, facts in sent.events.items()
        ],
        status=Status(code=Status.STATUS_CODE_ERROR if sent.failed else Status.STATUS_CODE_UNSET),
    )


def pairs(facts: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value(fact)) for key, fact in facts.items()]


def value(fact: Any) -> AnyValue:
    if isinstance(fact, AnyValue):
        return fact
    if isinstance(fact, bool):
        return AnyValue(bool_value=fact)
    if isinstance(fact, int):
        return AnyValue(int_value=fact)
    if isinstance(fact, float):
        return AnyValue(double_value=fact)
    if isinstance(fact, bytes):
        return AnyValue(bytes_value=fact)
    if isinstance(fact, list):
        result = AnyValue()
        result.array_value.values.extend(value(each) for each in fact)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return result
    return AnyValue(string_value=str(fact))
