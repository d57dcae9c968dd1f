"""An open run sends heartbeats, and they are not counted as work."""

from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan

import fleetglass
from fleetglass import _fleet, tool
from fleetglass.testing import Fleet


@pytest.fixture
def pulse(fleet: Fleet) -> Any:
    return _fleet.current().pulse


@tool
def act() -> None: ...


def totals(span: ReadableSpan) -> dict[str, Any]:
    prefix = "fleetglass.heartbeat."
    attributes = span.attributes or {}
    return {
        name.removeprefix(prefix): value
        for name, value in attributes.items()
        if name.startswith(prefix) and not name.endswith("open_s")
    }


def test_heartbeats_of_an_open_run_carry_its_totals(fleet: Fleet, pulse: Any) -> None:
    with fleetglass.run("a", cadence=0.0001) as run:
        (first,) = pulse.due()
        act()
        with fleetglass.llm_call("m") as call:
            call.usage(input=10, output=5, cost=0.25)
        (second,) = pulse.due()

    same = {"cadence_s": 0.0001}
    assert totals(first) == same | {
        "number": 0,
        "steps": 0,
        "tokens": 0,
        "usd": 0.0,
        "last_step": "",
    }
    assert totals(second) == same | {
        "number": 1,
        "steps": 2,
        "tokens": 15,
        "usd": 0.25,
        "last_step": "chat m",
    }
    assert second.attributes
    assert second.attributes["fleetglass.run.id"] == run.run_id
    assert second.attributes["gen_ai.agent.name"] == "a"
    assert list(pulse.due()) == []


def test_a_heartbeat_is_a_child_of_its_agent_without_duration(fleet: Fleet, pulse: Any) -> None:
    with fleetglass.run("a"):
        (beat,) = pulse.due()

    (agent,) = fleet._ended  # pyright: ignore[reportPrivateUsage]
    assert beat.parent == agent.context
    assert beat.start_time == beat.end_time


def test_a_heartbeat_has_no_usage_that_sums_would_count(fleet: Fleet, pulse: Any) -> None:
    with fleetglass.run("a", cadence=0):
        with fleetglass.llm_call("m") as call:
            call.usage(input=10)
        (beat,) = pulse.due()

    assert not [name for name in beat.attributes if name.startswith("gen_ai.usage")]


def test_heartbeats_keep_the_cadence(fleet: Fleet, pulse: Any) -> None:
    with fleetglass.run("a", cadence="1h"):
        assert len(list(pulse.due())) == 1
        assert list(pulse.due()) == []


def test_each_open_run_sends_its_own_heartbeats(fleet: Fleet, pulse: Any) -> None:
    with fleetglass.run("a"), fleetglass.run("b"):
        assert {beat.attributes["gen_ai.agent.name"] for beat in pulse.due()} == {"a", "b"}


def test_other_backends_do_not_get_heartbeats(fleet: Fleet, pulse: Any) -> None:
    with fleetglass.run("a"):
        list(pulse.due())

    assert [span.name for span in fleet.spans()] == ["invoke_agent a"]
