"""OTLP/JSON gives the same request as protobuf, and no input crashes the reader."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.otlp_strategies import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.check import check
from fleetglass_collector.otlp.json_codec import from_json

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def to_json(message: ExportTraceServiceRequest) -> bytes:
    """Encode a request as an OTLP/JSON client does: hex ids, enums as numbers."""
    document = MessageToDict(message, use_integers_for_enums=True)
    for i, resource_spans in enumerate(message.resource_spans):
        for j, scope_spans in enumerate(resource_spans.scope_spans):
            for k, span in enumerate(scope_spans.spans):
                into = document["resourceSpans"][i]["scopeSpans"][j]["spans"][k]
                _hex(span, into, ("trace_id", "span_id", "parent_span_id"))
                for n, link in enumerate(span.links):
                    _hex(link, into["links"][n], ("trace_id", "span_id"))
    return json.dumps(document).encode()


def _hex(part: Any, into: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        camel = name.replace("_id", "Id").replace("_span", "Span")
        if getattr(part, name):
            into[camel] = getattr(part, name).hex().upper()


def one(**span: Any) -> bytes:
    spans = [{"traceId": TRACE, "spanId": SPAN, **span}]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def parsed(body: bytes) -> Span:
    message = ExportTraceServiceRequest.FromString(from_json(body))
    return message.resource_spans[0].scope_spans[0].spans[0]


def refusal(body: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        from_json(body)
    assert caught.value.reason is Reason.MALFORMED
    return caught.value.message


@given(sent=requests)
def test_json_and_protobuf_give_the_same_request(sent: ExportTraceServiceRequest) -> None:
    read = ExportTraceServiceRequest.FromString(from_json(to_json(sent)))

    # Compare bytes, because with == NaN differs from itself.
    assert read.SerializeToString() == sent.SerializeToString()


def test_numbers_may_be_text_and_unknown_members_are_ignored() -> None:
    span = parsed(one(startTimeUnixNano="12", endTimeUnixNano=13, kind=3, colour="red"))

    assert (span.start_time_unix_nano, span.end_time_unix_nano, span.kind) == (12, 13, 3)


@pytest.mark.parametrize(("text", "number"), [("NaN", "nan"), ("-Infinity", "-inf")])
def test_doubles_that_json_cannot_write_are_read_from_text(text: str, number: str) -> None:
    span = parsed(one(attributes=[{"key": "k", "value": {"doubleValue": text}}]))

    assert str(span.attributes[0].value.double_value) == number


@pytest.mark.parametrize(
    "ids",
    [
        {"traceId": "abc"},
        {"spanId": "zz" * 8},
        {"parentSpanId": "12"},
        {"links": [{"traceId": "x", "spanId": SPAN}]},
    ],
)
def test_a_span_with_an_id_that_is_not_hex_is_refused(ids: dict[str, Any]) -> None:
    checked = check(from_json(one(**ids)))

    assert (checked.spans, checked.rejected) == (0, 1)


@pytest.mark.parametrize("kind", [{"kind": "SPAN_KIND_CLIENT"}, {"status": {"code": "ERROR"}}])
def test_an_enum_sent_as_a_name_is_refused(kind: dict[str, Any]) -> None:
    assert "resourceSpans[0].scopeSpans[0].spans[0]" in refusal(one(**kind))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"1",
        b'"text"',
        b"{",
        b"\xff\xfe{}",
        b'{"resourceSpans": {}}',
        b'{"resourceSpans": [1]}',
        b'{"resourceSpans": [null]}',
        b'{"resourceSpans": [], "resourceSpans": []}',
        b"[" * 200_000,
        b'{"resourceSpans":' * 5000 + b"1" + b"}" * 5000,
        b'{"resourceSpans": NaN}',
        b'{"a": ' + b"9" * 5000 + b"}",
        one(name="\ud800"),
        one(name=1),
        one(traceId=5),
        one(startTimeUnixNano=1e400),
        one(startTimeUnixNano=-1),
        one(startTimeUnixNano=2**64),
        one(startTimeUnixNano="x"),
        one(startTimeUnixNano=[1]),
        one(attributes={"key": "k"}),
        one(attributes=[{"key": "k", "value": {"bytesValue": "?"}}]),
        one(attributes=[{"key": "k", "value": {"intValue": 1, "stringValue": "1"}}]),
        one(attributes=[{"key": "k", "value": "bare"}]),
        one(links=[None]),
        one(status=[]),
    ],
)
def test_a_body_that_is_not_a_request_is_refused(body: bytes) -> None:
    assert refusal(body).startswith("not OTLP/JSON: ")


MEMBERS = (
    "resourceSpans scopeSpans spans resource scope attributes events links status kind code "
    "traceId spanId parentSpanId key value stringValue intValue doubleValue bytesValue arrayValue "
    "values kvlistValue startTimeUnixNano flags name @type"
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(MEMBERS.split()), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=400)
@given(inside=ANYTHING)
def test_any_json_is_read_or_refused(inside: Any) -> None:
    for document in (inside, {"resourceSpans": [{"scopeSpans": [{"spans": [inside]}]}]}):
        assert outcome(json.dumps(document).encode()) in ("read", Reason.MALFORMED)


def outcome(body: bytes) -> str | Reason:
    try:
        check(from_json(body))
    except Refusal as refused:
        return refused.reason
    return "read"
