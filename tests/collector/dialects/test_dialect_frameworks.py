"""SQL finds the same facts in the spans of seven frameworks as a reader of the spans."""

from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import pytest
from kit.agent_rows import ask, settled
from kit.databases import opened, running_store
from kit.frameworks import FRAMEWORKS
from kit.frameworks.runs import LlmCall, Run, ToolCall
from kit.places import RECORDED

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")
SUMS = ", ".join(f"sum({name}_tokens) AS {name}" for name in TOKENS)

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="no recorded spans beside the checkout"
)
each_run = pytest.mark.parametrize(
    "run",
    [
        pytest.param(run, id=f"{framework.file}-{run.trace}")
        for framework in FRAMEWORKS
        for run in framework.runs
    ],
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        settled(store, [file.read_bytes() for file in sorted(RECORDED.glob("*.pb"))])
        yield store


def told(store: Store, what: str, run: Run, rest: str = "") -> list[dict[str, Any]]:
    """Query one run; `rest` filters, groups and orders."""
    return ask(
        store, f"SELECT {what} FROM agent_spans WHERE startsWith(trace_id, '{run.trace}') {rest}"
    )


def fingerprint(store: Store, text: str | None, *, tool: str = "") -> int:
    """Return a text's fingerprint; 0 if nothing was recorded."""
    if text is None:
        return 0
    function = "fleetglassArgumentsHash" if tool else "fleetglassHash"
    literal = text.replace("\\", "\\\\").replace("'", "\\'")
    return int(ask(store, f"SELECT {function}('{tool}', '{literal}') AS hash")[0]["hash"])


def test_every_recorded_file_is_read() -> None:
    read = {framework.file for framework in FRAMEWORKS}

    assert read == {file.stem for file in RECORDED.glob("*.pb")}


@each_run
def test_each_span_has_its_kind(store: Store, run: Run) -> None:
    found = told(store, "kind, count() AS spans", run, "GROUP BY kind")

    assert {row["kind"]: row["spans"] for row in found} == run.kinds


@each_run
def test_every_span_belongs_to_its_agent(store: Store, run: Run) -> None:
    found = told(store, "agent, count() AS spans", run, "GROUP BY agent")

    assert {row["agent"]: row["spans"] for row in found} == run.agents


@each_run
def test_agents_come_in_the_order_of_their_first_start(store: Store, run: Run) -> None:
    found = told(store, "agent", run, "AND kind = 'agent' GROUP BY agent ORDER BY min(start_time)")

    assert [row["agent"] for row in found] == [call.agent for call in run.invocations]


@each_run
def test_an_agent_inside_another_shows_its_caller(store: Store, run: Run) -> None:
    found = ask(store, CALLERS.format(trace=run.trace))

    nested = [(call.agent, call.caller) for call in run.invocations if call.caller]
    assert [(row["agent"], row["caller"]) for row in found] == nested


# From each agent upwards, until the next agent.
CALLERS = """
WITH RECURSIVE above AS (
    SELECT agent, start_time, parent_span_id AS next, '' AS reached, '' AS caller
    FROM agent_spans WHERE kind = 'agent' AND startsWith(trace_id, '{trace}')
    UNION ALL
    SELECT above.agent, above.start_time, span.parent_span_id, toString(span.kind),
        toString(span.agent)
    FROM above JOIN agent_spans AS span ON span.span_id = above.next
    WHERE above.reached != 'agent'
)
SELECT agent, caller FROM above WHERE reached = 'agent' ORDER BY start_time
"""


@each_run
def test_every_span_has_its_run_and_workflow(store: Store, run: Run) -> None:
    found = told(store, "DISTINCT run_id = trace_id AS own, workflow", run)

    assert found == [{"own": 1, "workflow": run.workflow}]


@each_run
def test_every_span_has_its_conversation(store: Store, run: Run) -> None:
    found = told(store, "DISTINCT conversation", run)

    assert found == [{"conversation": run.conversation}]


LLM_CALL = (
    "agent, model, response_model, provider, finish_reason, is_error, error_type,"
    " input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens"
)


@each_run
def test_llm_calls_have_agent_model_and_outcome(store: Store, run: Run) -> None:
    found = told(store, LLM_CALL, run, "AND kind = 'llm' ORDER BY start_time")

    assert found == [llm_row(call) for call in run.llm_calls]


def llm_row(call: LlmCall) -> dict[str, Any]:
    names = ("agent", "model", "response_model", "provider", "finish_reason", "error_type")
    return {
        **{name: getattr(call, name) for name in names},
        **{f"{name}_tokens": count for name, count in asdict(call.tokens).items()},
        "is_error": bool(call.error_type),
    }


TOOL_CALL = "agent, tool, tool_call_id, arguments_hash, result_hash, is_error, error_type"


@each_run
def test_tool_calls_have_agent_arguments_and_outcome(store: Store, run: Run) -> None:
    found = told(store, TOOL_CALL, run, "AND kind = 'tool' ORDER BY start_time")

    assert found == [tool_row(store, call) for call in run.tool_calls]


def tool_row(store: Store, call: ToolCall) -> dict[str, Any]:
    return {
        "agent": call.agent,
        "tool": call.tool,
        "tool_call_id": call.call_id,
        "arguments_hash": fingerprint(store, call.arguments, tool=call.tool),
        "result_hash": fingerprint(store, call.result),
        "is_error": bool(call.error_type),
        "error_type": call.error_type,
    }


def test_the_same_call_has_the_same_hash_in_every_framework(store: Store) -> None:
    calls = [call for each in FRAMEWORKS for run in each.runs for call in run.tool_calls]
    written = {(call.tool, call.arguments) for call in calls if call.arguments is not None}

    found = ask(
        store,
        "SELECT uniqExact(arguments_hash) AS hashes FROM agent_spans"
        " WHERE kind = 'tool' AND arguments_hash != 0",
    )

    assert found == [{"hashes": len(written)}]


@each_run
def test_handoffs_name_both_agents(store: Store, run: Run) -> None:
    found = told(store, "agent, handoff_to, kind", run, "AND handoff_to != '' ORDER BY start_time")

    assert [tuple(row.values()) for row in found] == [
        (handoff.source, handoff.target, handoff.kind) for handoff in run.handoffs
    ]


@each_run
def test_tokens_of_a_run_are_a_plain_sum(store: Store, run: Run) -> None:
    found = told(store, SUMS, run)

    assert found == [asdict(run.tokens)]


@each_run
def test_tokens_and_cost_of_a_run_are_those_of_its_llm_calls(store: Store, run: Run) -> None:
    sums = f"{SUMS}, ifNull(sum(cost), 0) AS cost"

    assert told(store, sums, run) == told(store, sums, run, "AND kind = 'llm'")


@each_run
def test_errors_are_the_spans_that_failed_with_their_types(store: Store, run: Run) -> None:
    found = told(store, "name, error_type", run, "AND is_error ORDER BY start_time")

    assert [(row["name"], row["error_type"]) for row in found] == list(run.errors)


@each_run
def test_only_llm_calls_have_a_provider(store: Store, run: Run) -> None:
    found = told(store, "DISTINCT provider", run, "AND kind != 'llm'")

    assert all(row["provider"] == "" for row in found)
