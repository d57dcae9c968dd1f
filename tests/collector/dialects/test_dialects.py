"""Dialects without a recorded run: small traces, as the source code of each library emits them."""

import uuid
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest
from kit.agent_requests import request, trace_id
from kit.agent_rows import ask
from kit.databases import opened, running_store, segment
from kit.dialect_runs import RUNS
from kit.short_book import ShortBook

from fleetglass_collector.config import Retention
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

# Kind and agent of each span, in the order of their start.
WHO = {
    "traceloop": ["workflow tests", "agent joker", "llm joker", "tool joker"],
    "langfuse": ["agent support", "llm support", "tool support"],
    "vercel": ["agent forecast", "llm forecast", "tool forecast"],
    "mcp": ["agent clerk", "tool clerk", "other clerk", "other clerk"],
    "smolagents": ["agent boss", "other boss", "tool boss"],
    "crewai": ["workflow tests", "agent Researcher", "agent Writer"],
    "autogen": ["other tests", "agent critic", "tool critic"],
    "adk": [
        *("other tests", "agent boss", "llm boss", "handoff boss"),
        *("agent researcher", "llm researcher", "tool researcher", "other researcher"),
    ],
    "adk_first": ["agent clerk", "llm clerk", "tool clerk"],
}
# Input, output, cache read, cache write, reasoning: sums over the run.
TOKENS = {
    "traceloop": [1200, 30, 1000, 100, 0],
    "langfuse": [140, 14, 40, 0, 4],
    "vercel": [100, 20, 60, 0, 5],
    "mcp": [0, 0, 0, 0, 0],
    "smolagents": [70, 7, 0, 0, 0],
    "crewai": [0, 0, 0, 0, 0],
    "autogen": [0, 0, 0, 0, 0],
    "adk": [20, 14, 0, 0, 0],
    "adk_first": [0, 0, 0, 0, 0],
}
WITH_ARGUMENTS = ("traceloop", "langfuse", "vercel", "mcp", "smolagents", "adk", "adk_first")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        for table in ("agent_spans_rows", "agent_minutes", "agent_runs"):
            store.command(f"SYSTEM STOP TTL MERGES {table}")
        settler = Settler(store, tmp_path_factory.mktemp("settle"), ShortBook())
        settler.start()
        store.insert_segment(segment([sent(name) for name in RUNS]), uuid.uuid4().hex)
        settler.settle()
        settler.close()
        yield store


def sent(dialect: str) -> bytes:
    return request(replace(span, trace=dialect) for span in RUNS[dialect])


def told(store: Store, what: str, dialect: str, rest: str = "") -> list[Any]:
    sql = f"SELECT {what} FROM agent_spans WHERE trace_id = '{trace_id(dialect)}' {rest}"
    return [list(row.values()) for row in ask(store, sql)]


@pytest.mark.parametrize("dialect", RUNS)
def test_each_span_has_its_kind_and_agent(store: Store, dialect: str) -> None:
    found = told(store, "kind, agent", dialect, "ORDER BY start_time")

    assert [" ".join(row) for row in found] == WHO[dialect]


@pytest.mark.parametrize("dialect", RUNS)
def test_tokens_are_counted_once(store: Store, dialect: str) -> None:
    names = ("input", "output", "cache_read", "cache_write", "reasoning")
    found = told(store, ", ".join(f"sum({name}_tokens) AS {name}" for name in names), dialect)

    assert found == [TOKENS[dialect]]


@pytest.mark.parametrize("dialect", WITH_ARGUMENTS)
def test_the_same_tool_call_has_the_same_fingerprint(store: Store, dialect: str) -> None:
    found = told(store, "tool, arguments_hash != 0, arguments_hash", dialect, "AND kind = 'tool'")
    hashes = ask(
        store,
        "SELECT uniqExact(arguments_hash) AS n FROM agent_spans WHERE tool != ''"
        " AND kind = 'tool' AND arguments_hash != 0",
    )

    assert [row[:2] for row in found] == [["search", 1]]
    assert hashes == [{"n": 1}]


def test_calls_cost_the_price_of_their_model(store: Store) -> None:
    # Per million: 3 dollars, 0.30 read from the cache, 3.75 written to it, 15 of output.
    anthropic = (100 * 3 + 1000 * 0.3 + 100 * 3.75 + 30 * 15) / 1e6
    # Per million: 0.15 dollars, 0.075 from the cache, 0.60 of output.
    openai = (100 * 0.15 + 40 * 0.075 + 14 * 0.6) / 1e6

    for dialect, cost in (("traceloop", anthropic), ("langfuse", openai)):
        ((found,),) = told(store, "sum(cost)", dialect)
        assert found == pytest.approx(cost, abs=1e-12)


def test_a_reported_cost_has_its_own_column(store: Store) -> None:
    assert told(store, "sum(reported_cost)", "langfuse") == [[0.03]]


def test_an_error_is_on_the_span_that_failed(store: Store) -> None:
    found = told(store, "kind, error_type", "langfuse", "AND is_error")

    assert found == [["tool", "_OTHER"]]


def test_finish_reasons_are_plain_words(store: Store) -> None:
    assert told(store, "finish_reason", "traceloop", "AND kind = 'llm'") == [["end_turn"]]
    assert told(store, "finish_reason", "vercel", "AND kind = 'llm'") == [["tool-calls"]]


def test_a_provider_is_the_one_of_the_model(store: Store) -> None:
    found = ask(store, "SELECT DISTINCT provider FROM agent_spans ORDER BY provider")

    assert [row["provider"] for row in found] == ["", "Anthropic", "gcp.vertex.agent", "openai"]


@pytest.mark.parametrize(
    ("dialect", "workflow", "conversation"),
    [
        ("traceloop", "joke_flow", "session 1"),
        ("langfuse", "answer a ticket", "session 2"),
        ("vercel", "", "session 3"),
        ("crewai", "Crew_1.kickoff", ""),
        ("adk", "", "session 4"),
        ("adk_first", "", "session 5"),
    ],
)
def test_every_span_has_its_workflow_and_session(
    store: Store, dialect: str, workflow: str, conversation: str
) -> None:
    assert told(store, "DISTINCT workflow, conversation", dialect) == [[workflow, conversation]]


def test_an_agent_has_its_parent_agent(store: Store) -> None:
    found = told(store, "parent_agent", "crewai", "AND agent = 'Writer'")

    assert found == [["Researcher"]]


def test_a_transfer_names_the_agent_in_its_arguments(store: Store) -> None:
    found = told(store, "agent, handoff_to", "adk", "AND kind = 'handoff'")

    assert found == [["boss", "researcher"]]


def test_a_tool_call_in_several_spans_counts_once(store: Store) -> None:
    assert told(store, "count()", "mcp", "AND kind = 'tool'") == [[1]]
