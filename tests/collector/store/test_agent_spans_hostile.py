"""Spans with odd or hostile attributes are stored, with sensible numbers."""

import math
import uuid
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kit.agent_requests import Sent, request, span, span_id, trace_id
from kit.agent_rows import ask, empty
from kit.agent_sums import assert_sums_are_right
from kit.databases import opened, running_store, segment
from kit.short_book import ShortBook
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.config import Retention
from fleetglass_collector.dialects.facts import FACTS
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

Facts = dict[str, Any]
AGENT = {"gen_ai.operation.name": "invoke_agent"}
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
SPELLINGS = [spelling for fact in FACTS for spelling in fact.spellings]

COUNTS: dict[str, tuple[Any, int]] = {
    "as it should be": (12, 12),
    "a string": ("12", 12),
    "a double": (12.7, 12),
    "negative": (-12, 0),
    "too large a double": (1e30, 0),
    "too large an integer": (2**63 - 1, 0),
    "no number": (math.nan, 0),
    "infinite": (math.inf, 0),
    "a truth": (True, 0),
    "bytes": (b"12", 0),
    "a list": ([1, 2], 0),
    "a negative string": ("-12", 0),
    "a large string": ("1e30", 0),
    "nan in words": ("nan", 0),
    "words": ("many", 0),
    "nothing": ("", 0),
}
DETAILS = {
    '{"input": 12}': 12,
    '{"input": "12"}': 12,
    '{"input": 1e30}': 0,
    '{"input": 1e400}': 0,
    '{"input": -12}': 0,
    '{"input": 99999999999999999999999}': 0,
    '{"input": {"text": 12}}': 0,
    '{"input": null}': 0,
    '{"input"': 0,
    "[12]": 0,
    "[" * 5000: 0,
}
PAID: dict[str, tuple[Facts, float | None]] = {
    "a string": ({"gen_ai.usage.cost": "0.5"}, 0.5),
    "too much": ({"gen_ai.usage.cost": 1e300}, None),
    "negative": ({"gen_ai.usage.cost": -1.0}, None),
    "no number": ({"gen_ai.usage.cost": math.nan}, None),
    "details": ({"langfuse.observation.cost_details": '{"total": 0.5}'}, 0.5),
    "details too large": ({"langfuse.observation.cost_details": '{"total": 1e300}'}, None),
    "details negative": ({"langfuse.observation.cost_details": '{"total": -1}'}, None),
    "details garbage": ({"langfuse.observation.cost_details": '{"total"'}, None),
}
JSON = (
    "{",
    "{}",
    "null",
    '{"kwargs": 5}',
    '{"kwargs": {"a": 1}, "args": []}',
    '{"properties": 3}',
    '{"tool_call_id": null, "data": {"content": 3}}',
    '{"a": 1e999, "b": NaN}',
    '"\\ud800"',
    '{"a":' * 3000,
    "[" * 3000,
    "\0\1",
    "x" * 1_000_000,
)
ODD: dict[str, Sent] = {
    "no name at all": Sent(id="1", name="", facts=AGENT, resource={}),
    "empty words": Sent(id="1", name="", facts={"gen_ai.operation.name": ""}),
    "a kind that nobody knows": Sent(id="1", facts={"fleetglass.kind": "dance\0"}),
    "an endless key": Sent(id="1", facts={"k" * 65536: 1} | CALL),
    "a thousand attributes": Sent(id="1", facts={f"a{i}": i for i in range(1000)} | CALL),
    "every spelling as a number": Sent(id="1", facts=dict.fromkeys(SPELLINGS, 5)),
    "every spelling as garbage": Sent(id="1", facts=dict.fromkeys(SPELLINGS, '{"a": [1,"')),
    "every spelling as bytes": Sent(id="1", facts=dict.fromkeys(SPELLINGS, b"\xff\xc3")),
    "control characters": Sent(id="1", name="\0'\n", facts=AGENT | {"agent.name": "\0'\\\u202e"}),
    "an endless name": Sent(id="1", name="n" * 65536, facts=AGENT | {"agent.name": "a" * 65536}),
    "before there was time": Sent(id="1", at_ms=-1_790_000_000_000),
    "after the end": Sent(id="1", at_ms=10**13),
    "longer than a life": Sent(id="1", took_ms=10**10),
    "over before it began": Sent(id="1", took_ms=-1000),
    "its own parent": Sent(id="1", parent="1", facts=AGENT | {"agent.name": "own"}),
    **{f"metadata {text}": Sent(id="1", facts={"metadata": text}) for text in JSON[:9]},
}


def counted(label: str, facts: Facts) -> Sent:
    return Sent(id="1", trace=label, facts=CALL | facts)


SENT = (
    *(counted(f"count {k}", {"gen_ai.usage.input_tokens": v}) for k, (v, _) in COUNTS.items()),
    *(counted(f"details {k}", {"langfuse.observation.usage_details": k}) for k in DETAILS),
    *(counted(f"paid {k}", v) for k, (v, _) in PAID.items()),
    *(
        Sent(
            id=str(number),
            trace="tools",
            facts=TOOL | {"gen_ai.tool.call.arguments": text, "gen_ai.tool.call.result": text},
        )
        for number, text in enumerate(JSON)
    ),
    *(replace(sent, trace=label) for label, sent in ODD.items()),
)


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        for table in ("agent_spans_rows", "agent_minutes", "agent_runs"):
            store.command(f"SYSTEM STOP TTL MERGES {table}")
        yield store


@pytest.fixture(scope="module")
def store(empty_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    arrive(empty_store, [request(SENT)])
    settle(empty_store, tmp_path_factory.mktemp("settle"))
    return empty_store


@pytest.fixture
def cleared(empty_store: Store) -> Generator[Store]:
    """For tests that empty the database first; they come last."""
    empty(empty_store)
    yield empty_store
    assert_sums_are_right(empty_store)


def arrive(store: Store, bodies: list[bytes], *, number: int = 1, tenant: str = "default") -> None:
    body = segment(bodies, number=number, tenant=tenant)
    store.insert_segment(body, uuid.uuid4().hex)


def settle(store: Store, folder: Path) -> int:
    settler = Settler(store, folder, ShortBook())
    settler.start()
    done = settler.settle()
    settler.close()
    return done


def one(store: Store, trace: str, what: str) -> dict[str, Any]:
    (row,) = ask(store, f"SELECT {what} FROM agent_spans WHERE trace_id = '{trace_id(trace)}'")
    return row


def test_every_span_is_stored(store: Store) -> None:
    assert ask(store, "SELECT count() AS spans FROM agent_spans") == [{"spans": len(SENT)}]
    assert_sums_are_right(store)


@pytest.mark.parametrize("label", COUNTS)
def test_an_absurd_count_is_zero(store: Store, label: str) -> None:
    found = one(store, f"count {label}", "input_tokens AS tokens")

    assert found == {"tokens": COUNTS[label][1]}


@pytest.mark.parametrize("details", DETAILS, ids=lambda text: text[:20])
def test_an_absurd_count_in_details_is_zero(store: Store, details: str) -> None:
    found = one(store, f"details {details}", "input_tokens AS tokens, ifNull(cost, -1) < 1 AS sane")

    assert found == {"tokens": DETAILS[details], "sane": 1}


@pytest.mark.parametrize("label", PAID)
def test_an_absurd_reported_cost_is_left_out(store: Store, label: str) -> None:
    assert one(store, f"paid {label}", "reported_cost") == {"reported_cost": PAID[label][1]}


def test_arguments_that_are_not_json_have_different_hashes(store: Store) -> None:
    found = ask(
        store,
        "SELECT count() AS calls, uniqExact(arguments_hash) AS hashes, uniqExact(tool) AS tools"
        f" FROM agent_spans WHERE trace_id = '{trace_id('tools')}'",
    )

    assert found == [{"calls": len(JSON), "hashes": len(JSON), "tools": 1}]


@pytest.mark.parametrize("label", ODD)
def test_an_odd_span_has_an_agent_and_a_time(store: Store, label: str) -> None:
    found = one(
        store,
        label,
        "agent != '' AS has_agent, run_id != '' AS has_run, kind != '' AS has_kind,"
        " duration_ns <= 8640000000000000 AS ends, start_time <= '2100-01-01' AS starts",
    )

    assert set(found.values()) == {1}


def test_a_span_sent_twice_counts_once(cleared: Store, tmp_path: Path) -> None:
    call = counted("again", {"gen_ai.usage.input_tokens": 12})
    arrive(cleared, [request([call, call]), request([call])], number=1)
    arrive(cleared, [request([call])], number=2)
    settle(cleared, tmp_path)
    arrive(cleared, [request([call])], number=3)
    settle(cleared, tmp_path)

    assert ask(cleared, "SELECT input_tokens AS tokens FROM agent_spans") == [{"tokens": 12}]
    assert ask(cleared, "SELECT sum(spans) AS spans FROM agent_runs") == [{"spans": 1}]


def test_spans_of_two_tenants_with_the_same_ids_stay_apart(cleared: Store, tmp_path: Path) -> None:
    bodies = [request([counted("same", {"gen_ai.usage.input_tokens": 12})])]
    both = segment(bodies, tenant="a") + segment(bodies, tenant="b")
    cleared.insert_segment(both, uuid.uuid4().hex)
    settle(cleared, tmp_path)

    found = ask(cleared, "SELECT tenant, input_tokens AS tokens FROM agent_spans ORDER BY tenant")
    assert found == [{"tenant": "a", "tokens": 12}, {"tenant": "b", "tokens": 12}]


def test_a_repeated_attribute_counts_once(cleared: Store) -> None:
    sent = span(counted("twice", {"gen_ai.usage.input_tokens": 12}))
    sent.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 13
    message = ExportTraceServiceRequest()
    message.resource_spans.add().scope_spans.add().spans.append(sent)
    arrive(cleared, [message.SerializeToString()])

    assert ask(cleared, "SELECT input_tokens AS tokens FROM agent_spans") == [{"tokens": 12}]


def test_spans_on_a_cycle_have_agents(cleared: Store, tmp_path: Path) -> None:
    circle = [
        Sent(id="1", parent="2", facts=AGENT | {"agent.name": "a", "session.id": "x"}),
        Sent(id="2", parent="1", facts=AGENT | {"agent.name": "b", "gen_ai.conversation.id": "y"}),
        Sent(id="3", parent="2", facts=CALL),
    ]
    for number, sent in enumerate(circle):
        arrive(cleared, [request([sent])], number=number)
        settle(cleared, tmp_path)

    agents = ask(cleared, "SELECT span_id, agent FROM agent_spans")
    assert {row["span_id"]: row["agent"] for row in agents} == {
        span_id("t", "1"): "a",
        span_id("t", "2"): "b",
        span_id("t", "3"): "b",
    }


def test_a_chain_of_ten_thousand_is_followed_to_its_agent(cleared: Store, tmp_path: Path) -> None:
    agent = Sent(id="0", facts=AGENT | {"agent.name": "boss"})
    links = [Sent(id=str(i), parent=str(i - 1)) for i in range(1, 10_000)]
    arrive(cleared, [request(links[::-1])], number=1)
    arrive(cleared, [request([agent])], number=2)
    settle(cleared, tmp_path)

    found = ask(cleared, "SELECT agent, count() AS spans FROM agent_spans GROUP BY agent")
    assert found == [{"agent": "boss", "spans": 10_000}]


def test_a_segment_that_becomes_visible_late_is_settled(cleared: Store, tmp_path: Path) -> None:
    second = 10**9
    agent = Sent(id="1", facts=AGENT | {"agent.name": "boss"})
    settler = Settler(cleared, tmp_path, ShortBook())
    settler.start()
    arrive(cleared, [request([Sent(id="2", parent="1")])], number=1000 * second)
    settler.settle()
    arrive(cleared, [request([agent])], number=900 * second)
    settler.settle()
    settler.close()

    assert ask(cleared, "SELECT DISTINCT agent FROM agent_spans") == [{"agent": "boss"}]


def test_more_segments_than_fit_into_a_query_are_settled(cleared: Store, tmp_path: Path) -> None:
    cleared.command(
        "INSERT INTO agent_spans_in (sign, segment, trace_id, span_id, start_time, agent, run_id)"
        " SELECT 1, 1790000000000000000 + number, hex(intDiv(number, 2)), hex(number), now64(9),"
        " 'a', hex(intDiv(number, 2)) FROM numbers(15000)"
    )

    assert settle(cleared, tmp_path) == 15000
