"""AutoGen: each message is a trace of its own, and names the team that it belongs to."""

import uuid
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest
from kit.agent_requests import Sent, request, trace_id
from kit.agent_rows import Row, ask, settled
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

TEAM, ANOTHER = (str(uuid.UUID(int=number)) for number in (1, 2))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


def message(id: str, *, destination: str, parent: str = "", **facts: Any) -> Sent:
    told = {"messaging.operation": "process", "messaging.destination": destination, **facts}
    return Sent(id=id, trace=id, parent=parent, name=f"autogen process {destination}", facts=told)


def turn(team: str, agent: str) -> list[Sent]:
    """A message to the team's agent, which answers it, as autogen-core 0.7.5 records them."""
    id = f"{team} {agent}"
    called = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    return [
        message(id, destination=f"{agent}_{team}.({team})-T"),
        Sent(id="agent", trace=id, parent=id, name=f"invoke_agent {agent}", facts=called),
        Sent(id="tool", trace=id, parent="agent", name="execute_tool search", facts=tool),
        # The confirmation has a trace of its own, too.
        replace(
            message(f"ack {id}", destination="", sender_agent_type=f"{agent}_{team}"),
            name="autogen ack",
        ),
    ]


def runs(rows: list[Row]) -> set[tuple[str, str]]:
    return {(row["run_id"], row["conversation"]) for row in rows}


def test_the_messages_of_a_team_are_one_run_and_one_conversation(store: Store) -> None:
    spans = [
        span for team in (TEAM, ANOTHER) for who in ("writer", "critic") for span in turn(team, who)
    ]

    rows = settled(store, [request(spans)])

    assert len(rows) == 16
    assert runs(rows) == {(TEAM, TEAM), (ANOTHER, ANOTHER)}
    found = ask(store, "SELECT DISTINCT run_id FROM agent_runs")
    assert {row["run_id"] for row in found} >= {TEAM, ANOTHER}
    assert {row["agent"] for row in rows if row["kind"] == "tool"} == {"writer", "critic"}


def test_a_team_inside_another_run_belongs_to_that_run(store: Store) -> None:
    inner = message("m", destination=f"critic_{TEAM}.({TEAM})-A", parent="flow")
    outer = Sent(id="flow", trace="flow", name="flow")

    rows = settled(store, [request([outer, replace(inner, trace="flow")])])

    assert {row["run_id"] for row in rows} == {trace_id("flow")}
    assert {row["conversation"] for row in rows} == {TEAM}


@pytest.mark.parametrize(
    "destination", ["orders", "critic.(default)-A", "(x)-A", "agent.()-T", "a.(b)-X"]
)
def test_other_destinations_are_no_conversation(store: Store, destination: str) -> None:
    rows = settled(store, [request([message("m", destination=destination)])])

    assert runs(rows) == {(trace_id("m"), "")}
