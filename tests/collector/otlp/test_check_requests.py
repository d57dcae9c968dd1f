"""A checked request is readable by the database and keeps what the client sent."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.otlp_rows import rows
from kit.otlp_strategies import requests
from kit.spans import request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.journal.record import varint
from fleetglass_collector.otlp.check import check

TRACE, SPAN = b"t" * 16, b"s" * 8


def with_spans(*spans: Span) -> bytes:
    message = ExportTraceServiceRequest()
    message.resource_spans.add().scope_spans.add().spans.extend(spans)
    return message.SerializeToString()


def with_value(value: AnyValue) -> bytes:
    attribute = KeyValue(key="k", value=value)
    return with_spans(Span(trace_id=TRACE, span_id=SPAN, attributes=[attribute]))


def with_encoded_value(value: bytes) -> bytes:
    """Like `with_value`, for bytes that no serializer writes."""
    pair = b"\x0a\x01k" + wrapped(b"\x12", value)
    span = Span(trace_id=TRACE, span_id=SPAN).SerializeToString() + wrapped(b"\x4a", pair)
    return wrapped(b"\x0a", wrapped(b"\x12", wrapped(b"\x12", span)))


def wrapped(tag: bytes, content: bytes) -> bytes:
    return tag + varint(len(content)) + content


def value_of(body: bytes) -> AnyValue:
    message = ExportTraceServiceRequest.FromString(body)
    return message.resource_spans[0].scope_spans[0].spans[0].attributes[0].value


def test_an_ordinary_request_is_passed_on_unchanged() -> None:
    body = request(3)
    checked = check(body)

    assert checked.body is body
    assert (checked.spans, checked.rejected, checked.message) == (3, 0, "")


def test_an_empty_request_is_accepted() -> None:
    assert check(b"").spans == 0


@given(sent=requests)
def test_the_check_changes_no_stored_text(sent: ExportTraceServiceRequest) -> None:
    checked = check(sent.SerializeToString())

    assert rows(ExportTraceServiceRequest.FromString(checked.body)) == rows(sent)
    assert check(checked.body).body == checked.body


NESTED: list[tuple[dict[str, Any], str]] = [
    ({"kvlist_value": {"values": [{"key": "a", "value": {"int_value": 1}}]}}, '{"a":1}'),
    ({"kvlist_value": {}}, "{}"),
    ({"array_value": {"values": [{"array_value": {}}]}}, "[[]]"),
    ({"array_value": {"values": [{"kvlist_value": {}}, {"bool_value": True}]}}, "[{},true]"),
    ({}, ""),
]


@pytest.mark.parametrize(("value", "text"), NESTED)
def test_a_nested_value_becomes_text(value: dict[str, Any], text: str) -> None:
    assert value_of(check(with_value(AnyValue(**value))).body) == AnyValue(string_value=text)


@pytest.mark.parametrize(
    "value",
    [
        {"array_value": {"values": [{"string_value": "a"}, {"bytes_value": b"b"}]}},
        {"array_value": {}},
        {"bytes_value": b""},
        {"bool_value": False},
    ],
)
def test_a_flat_value_stays_unchanged(value: dict[str, Any]) -> None:
    body = with_value(AnyValue(**value))

    assert check(body).body is body


def test_a_map_is_found_before_other_values() -> None:
    message = ExportTraceServiceRequest.FromString(
        with_value(AnyValue(kvlist_value=KeyValueList()))
    )
    span = message.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="after").value.string_value = "x"

    assert value_of(check(message.SerializeToString()).body).string_value == "{}"


@pytest.mark.parametrize(
    "ids",
    [
        {"trace_id": bytes(16)},
        {"trace_id": b""},
        {"trace_id": b"t" * 15},
        {"span_id": bytes(8)},
        {"span_id": b"s" * 9},
        {"parent_span_id": b"p"},
    ],
)
def test_a_span_with_invalid_ids_is_refused_and_the_rest_kept(ids: dict[str, bytes]) -> None:
    good = Span(trace_id=TRACE, span_id=SPAN, name="good")
    bad = Span(trace_id=TRACE, span_id=SPAN)
    for name, value in ids.items():
        setattr(bad, name, value)
    checked = check(with_spans(good, bad, good))

    assert (checked.spans, checked.rejected) == (2, 1)
    assert checked.message
    assert checked.body == with_spans(good, good)


def test_fields_that_are_not_otlps_are_left_out() -> None:
    spoofed = request() + b"\xc2\x3e\x05admin"  # field 1000, the collector's own

    assert b"admin" not in check(spoofed).body


def test_a_value_set_twice_keeps_the_last() -> None:
    twice = AnyValue(string_value="first").SerializeToString() + b"\x18\x02"

    assert value_of(check(with_encoded_value(twice)).body) == AnyValue(int_value=2)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"not protobuf",
        request()[:-1],
        request().replace(b"index", b"in\xffex"),
        b"\x0b" * 100_000,
        with_value(AnyValue(string_value="a")).replace(b"\x12\x03\x0a\x01a", b"\x12\x03\x2a\x01a"),
    ],
    ids=["tag", "text", "cut", "utf8", "groups", "array"],
)
def test_a_body_that_is_not_a_request_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        check(body)
    assert caught.value.reason is Reason.MALFORMED


def test_a_million_empty_spans_are_refused() -> None:
    with pytest.raises(Refusal, match="1000000 spans in"):
        check(wrapped(b"\x0a", wrapped(b"\x12", b"\x12\x00" * 1_000_000)))


def test_values_nested_too_deeply_are_refused() -> None:
    value = b"\x18\x01"
    for _ in range(200):
        value = wrapped(b"\x2a", wrapped(b"\x0a", value))  # array_value, values

    with pytest.raises(Refusal):
        check(with_encoded_value(value))


@settings(max_examples=300)
@given(sent=requests, seed=st.integers(0, 2**32))
def test_a_damaged_body_is_refused_or_still_a_valid_request(
    sent: ExportTraceServiceRequest, seed: int
) -> None:
    body = damaged(sent.SerializeToString(), random.Random(seed))
    try:
        checked = check(body)
    except Refusal:
        return

    message = ExportTraceServiceRequest.FromString(checked.body)
    spans = [s for r in message.resource_spans for c in r.scope_spans for s in c.spans]
    assert len(spans) == checked.spans
    assert all(len(s.trace_id) == 16 and len(s.span_id) == 8 for s in spans)


def damaged(body: bytes, rng: random.Random) -> bytes:
    out = bytearray(body or b"\0")
    for _ in range(rng.randint(1, 3)):
        at, size = rng.randrange(len(out)), rng.randint(1, 9)
        out[at : at + rng.randint(0, size)] = rng.choice(
            [rng.randbytes(size), b"", bytes([out[at] ^ 1 << rng.randrange(8)]), out[:size]]
        )
        out = out or bytearray(1)
    return bytes(out)
