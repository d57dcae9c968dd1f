"""Agents that a framework names itself, inside a run of ours: the nearest name is right.

Such an agent's spans bear its name. They get the ids, cohort and tier of our run, for it works in
our agent's place, but not our agent's id, version and prompt version, which are not its own.
"""

import re
from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

from fleetglass import conventions as names
from fleetglass._run import Run

# The facts of one agent. The others are shared with the agents inside.
OWN = (names.AGENT_NAME, names.AGENT_ID, names.AGENT_VERSION, names.PROMPT_VERSION)
# What frameworks write where nobody named the agent.
UNNAMED = frozenset({"agent", "langgraph", "agentexecutor", "runnablesequence", "unknown"})
SCOPE = "fleetglass"
_IN_NAME = re.compile(r"agent_run \[(.+)\]|invoke_agent (.+)")


def inner_agent(span: Any, run: Run) -> str:
    """Return the agent that a span names, if it is another one than the run's."""
    # Spans of our own are most of all, so they are asked for first.
    scope = getattr(span, "instrumentation_scope", None)
    if scope is not None and scope.name == SCOPE:
        return ""
    attributes: Mapping[str, Any] = getattr(span, "attributes", None) or {}
    name = attributes.get(names.AGENT_NAME)
    if name in (None, run.attributes.get(names.AGENT_NAME)):
        name = _elsewhere(attributes, str(getattr(span, "name", "")))
    if not isinstance(name, str) or name.lower() in UNNAMED or name == run.identity.agent:
        return ""
    return name


def _elsewhere(attributes: Mapping[str, Any], span_name: str) -> object:
    """Return the name from the places where other conventions put it."""
    if attributes.get("openinference.span.kind") == "AGENT" and "agent.name" in attributes:
        return attributes["agent.name"]
    if attributes.get("traceloop.span.kind") == "agent":
        return attributes.get("traceloop.entity.name")
    match = _IN_NAME.fullmatch(span_name)
    return (match[1] or match[2]) if match else ""


def stamp_of(run: Run, agent: str) -> dict[str, str]:
    """Return what is stamped on the spans of an inner agent."""
    shared = {name: value for name, value in run.attributes.items() if name not in OWN}
    return shared | {names.AGENT_NAME: agent}


def renamed(span: ReadableSpan, agent: str, stamped: Mapping[str, str]) -> ReadableSpan:
    """Return a copy of an inner agent's own span without the stamp of the outer agent."""
    attributes = {
        name: value
        for name, value in (span.attributes or {}).items()
        if not (name in OWN and stamped.get(name) == value)
    }
    attributes.setdefault(names.AGENT_NAME, agent)
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=span.events,
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
    )
