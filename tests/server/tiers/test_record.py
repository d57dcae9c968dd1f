"""The record of tasks, read from a real store."""

import json
import time
from collections.abc import Generator
from typing import Any

import pytest
from kit.agent_requests import START_NS, Sent, request, trace_id
from kit.autonomy_runs import policy
from kit.databases import opened, running_store, segment

from fleetglass_collector.config import Retention
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.autonomy.earned.standing import Task
from fleetglass_server.tiers.record import Who, record

# The record is of the last days, and the spans of the kit begin on a fixed day.
NOW_MS = time.time_ns() // 10**6 - START_NS // 10**6 - 60_000
FOR_LONG = Retention(otel_traces=20_000, agent_spans=20_000)
REFUNDS = Who("default", "refunds", "", "money")
SAID = "Your refund of 20 dollars is on its way and arrives within three days."


def run(name: str, *, tool: str = "refund", failed: bool = False, **facts: Any) -> list[Sent]:
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "refunds"} | facts
    call = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool,
        "gen_ai.agent.name": "refunds",
    }
    more: dict[str, Any] = {"trace": name, "at_ms": NOW_MS}
    return [
        Sent(id="a", facts=agent | {"output.value": SAID}, failed=failed, **more),
        Sent(id="c", parent="a", facts=call, **more),
    ]


def feedback(name: str, **facts: str) -> Sent:
    told = {f"fleetglass.feedback.{key}": value for key, value in facts.items()}
    told |= {"fleetglass.run.id": trace_id(name), "fleetglass.kind": "feedback"}
    return Sent(id="f", parent="a", trace=name, name="feedback", at_ms=NOW_MS, facts=told)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    folder = tmp_path_factory.mktemp("store")
    with running_store(folder) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=FOR_LONG)
        spans = [
            *run("good"),
            *run("failed", failed=True),
            *run("reads", tool="get_order"),
            *run("liked"),
            feedback("liked", kind="score", score="0.8"),
            *run("edited"),
            feedback("edited", kind="edit", text=SAID.replace("three", "four")),
            *run("rewritten"),
            feedback("rewritten", kind="edit", text="We do not do that."),
            *run("denied"),
            *run("harmed"),
            *run("other", tool="wire_money"),
        ]
        store.insert_segment(segment([request(spans)]), "1")
        with Settler.open(store) as settler:
            settler.settle()
        _ask(store, "denied", granted=False)
        _harm(store, "harmed")
        yield store


def _ask(store: Store, name: str, *, granted: bool) -> None:
    id = "11111111-2222-3333-4444-555555555555"
    asked = {"id": id, "tenant": "default", "agent": "refunds", "trace_id": trace_id(name)}
    store.insert("approval_requests", json.dumps(asked | {"ends": 1}).encode())
    decided = {"id": id, "tenant": "default", "granted": int(granted), "by": "ann"}
    store.insert("approval_decisions", json.dumps(decided).encode())


def _harm(store: Store, name: str) -> None:
    now = time.time_ns() // 10**9
    row = {"id": 7, "version": 1, "tenant": "default", "severity": "critical", "state": "open"}
    times = {f"{one}_at": now for one in ("first", "opened", "reopened", "updated")}
    store.insert("incidents_rows", json.dumps(row | times | {"trace_id": trace_id(name)}).encode())


def tasks(store: Store, agent: str = "") -> dict[str, Task]:
    found = record(store, policy(""), agent=agent, seconds=86_400)  # type: ignore[arg-type]
    assert set(found) <= {REFUNDS}
    rows = json.loads(
        store.query("SELECT groupArray((trace_id, agent)) AS a FROM agent_spans WHERE tool != ''")
    )
    assert all(agent == "refunds" for _, agent in rows["a"])
    return {f"{n}": task for n, task in enumerate(found.get(REFUNDS, []))}


def test_a_task_is_as_good_as_its_run_and_what_people_say(store: Store) -> None:
    goods = sorted(round(task.good, 2) for task in tasks(store).values())

    # Denied, failed, harmed and rewritten; edited a little; liked; good; with another tool.
    assert goods[:4] == [0.0, 0.0, 0.0, 0.0]
    assert 0.5 < goods[4] < 0.8
    assert goods[5:] == [0.8, 1.0, 1.0]


def test_reads_are_no_tasks_and_each_tool_is_a_sort_of_its_own(store: Store) -> None:
    found = tasks(store)

    assert len(found) == 8
    assert {task.stratum for task in found.values()} == {"refund", "wire_money"}
    assert sum(task.is_serious for task in found.values()) == 1


def test_another_agent_has_another_record(store: Store) -> None:
    assert tasks(store, agent="nobody") == {}
