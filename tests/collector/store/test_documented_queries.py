"""The queries of docs/queries.md work."""

import re
import time
import uuid
from collections.abc import Generator
from typing import Any

import pytest
from kit.databases import opened, running_store
from kit.places import ROOT
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span

from fleetglass_collector.config import Retention
from fleetglass_collector.journal.record import Facts, frame
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.endpoint import Endpoint
from fleetglass_collector.store.migrate import migrate
from fleetglass_collector.store.reader import Reader

PAGE = ROOT / "docs" / "queries.md"
QUESTIONS = dict(
    re.findall(r"^### ([^\n]+)\n(?:(?!^###).)*?^```sql\n(.*?)^```", PAGE.read_text(), re.M | re.S)
)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TOP = b"\1" * 8


def add(scope_spans: ScopeSpans, name: str, span_id: bytes, **attributes: str | int) -> Span:
    now = time.time_ns()
    span = scope_spans.spans.add(
        trace_id=bytes.fromhex(TRACE),
        span_id=span_id,
        parent_span_id=TOP,
        name=name,
        start_time_unix_nano=now - 2_000_000_000,
        end_time_unix_nano=now,
    )
    for key, value in attributes.items():
        attribute = span.attributes.add(key=key.replace("__", "."))
        if isinstance(value, int):
            attribute.value.int_value = value
        else:
            attribute.value.string_value = value
    return span


def a_run_and_one_that_goes_on() -> bytes:
    message = ExportTraceServiceRequest()
    scope_spans = message.resource_spans.add().scope_spans.add()
    root = add(scope_spans, "invoke_agent ada", TOP, gen_ai__operation__name="invoke_agent")
    root.ClearField("parent_span_id")
    tool = add(
        scope_spans, "execute_tool search", b"\2" * 8, gen_ai__operation__name="execute_tool"
    )
    tool.status.code = tool.status.STATUS_CODE_ERROR
    for number, trace in ((3, TRACE), (4, "f" * 32)):
        call = add(
            scope_spans,
            "chat gpt-5-mini",
            bytes([number]) * 8,
            gen_ai__operation__name="chat",
            gen_ai__provider__name="openai",
            gen_ai__request__model="gpt-5-mini",
            gen_ai__usage__input_tokens=100,
        )
        call.trace_id = bytes.fromhex(trace)
    return message.SerializeToString()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Generator[Reader]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        # What is new is asked by the number of a segment, which is when it was begun.
        facts = Facts(
            tenant="default", segment=time.time_ns(), received_ns=time.time_ns(), spans=0, offset=0
        )
        body = b"".join(frame(a_run_and_one_that_goes_on(), facts))
        store.insert_segment(body, uuid.uuid4().hex)
        with Settler.open(store) as settler:
            settler.settle()
        anonymous = re.sub(r"//.*@", "//", dsn)
        yield Reader(Endpoint.at(anonymous, port=8123), database="default")


def test_every_query_of_the_page_is_tested() -> None:
    assert len(QUESTIONS) == PAGE.read_text().count("```sql\n")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_query_of_the_page_has_a_result(reader: Reader, question: str) -> None:
    rows: list[dict[str, Any]] = reader.rows(QUESTIONS[question])

    assert rows
    assert all(row for row in rows)
