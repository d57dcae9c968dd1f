"""An agent that a framework names inside a run of ours keeps its name."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from opentelemetry.trace import Tracer

import fleetglass
from fleetglass import conventions as names
from fleetglass.testing import Fleet

Begin = Callable[[Tracer], Any]


def named_at_the_start(tracer: Tracer) -> Any:
    return tracer.start_as_current_span(
        "invoke_agent inner",
        attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "inner"},
    )


def named_later(tracer: Tracer) -> Any:
    manager = tracer.start_as_current_span("run")

    class Later:
        def __enter__(self) -> Any:
            span = manager.__enter__()
            span.set_attribute("gen_ai.agent.name", "inner")
            return span

        def __exit__(self, *error: Any) -> None:
            manager.__exit__(*error)

    return Later()


def named_in_the_span_name(tracer: Tracer) -> Any:
    return tracer.start_as_current_span("agent_run [inner]")


def named_by_openinference(tracer: Tracer) -> Any:
    return tracer.start_as_current_span(
        "run", attributes={"openinference.span.kind": "AGENT", "agent.name": "inner"}
    )


def named_by_traceloop(tracer: Tracer) -> Any:
    return tracer.start_as_current_span(
        "inner.agent",
        attributes={"traceloop.span.kind": "agent", "traceloop.entity.name": "inner"},
    )


@fleetglass.tool
def look_up() -> str:
    return "found"


def run_inner(fleet: Fleet, begin: Begin) -> dict[str, Mapping[str, Any]]:
    tracer = fleet.provider.get_tracer("framework")

    @fleetglass.agent("front-desk", version="7", cohort="eu", tier="assist", prompt_version="p1")
    def front_desk() -> None:
        with begin(tracer):
            with tracer.start_as_current_span("chat"):
                pass
            look_up()
        with tracer.start_as_current_span("after"):
            pass

    front_desk()
    return {span.name: span.attributes for span in fleet.spans()}


@pytest.mark.parametrize(
    "begin",
    [
        named_at_the_start,
        named_later,
        named_in_the_span_name,
        named_by_openinference,
        named_by_traceloop,
    ],
)
def test_the_nearest_agent_is_right(fleet: Fleet, begin: Begin) -> None:
    spans = run_inner(fleet, begin)

    agents = {name: attributes.get("gen_ai.agent.name") for name, attributes in spans.items()}
    assert len(agents) == 5
    outer = {"invoke_agent front-desk", "after"}
    assert agents == {name: "front-desk" if name in outer else "inner" for name in agents}


def test_an_inner_agent_has_the_run_and_tier_but_not_the_version(fleet: Fleet) -> None:
    spans = run_inner(fleet, named_later)

    assert len({attributes["fleetglass.run.id"] for attributes in spans.values()}) == 1
    assert {attributes["fleetglass.tier"] for attributes in spans.values()} == {"assist"}
    for name in ("run", "chat", "execute_tool look_up"):
        assert names.AGENT_VERSION not in spans[name]
        assert names.PROMPT_VERSION not in spans[name]
    assert spans["after"][names.AGENT_VERSION] == "7"


def test_a_framework_class_is_no_agent_name(fleet: Fleet) -> None:
    def langgraph(tracer: Tracer) -> Any:
        return tracer.start_as_current_span(
            "invoke_agent LangGraph", attributes={"gen_ai.agent.name": "LangGraph"}
        )

    spans = run_inner(fleet, langgraph)

    assert spans["chat"]["gen_ai.agent.name"] == "front-desk"


def test_our_agent_inside_an_inner_agent_has_its_own_name(fleet: Fleet) -> None:
    tracer = fleet.provider.get_tracer("framework")

    @fleetglass.agent("clerk", version="3")
    def clerk() -> None:
        look_up()

    @fleetglass.agent("front-desk", version="7")
    def front_desk() -> None:
        with named_at_the_start(tracer):
            clerk()

    front_desk()
    look_up_span = next(span for span in fleet.spans() if span.name == "execute_tool look_up")
    assert look_up_span.agent == "clerk"
    assert look_up_span.attributes[names.AGENT_VERSION] == "3"
