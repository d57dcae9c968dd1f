"""Fleets at work, made at random, and the ways in which their spans may arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from kit.agent_requests import Sent

Facts = dict[str, Any]

FOUND = ("GPT-4o-mini", "claude-sonnet-4-5-20991231")
"""Models whose price is known when they are first asked for."""
AGENTS = ("planner", "writer", "critic")
USAGE: Facts = {
    "gen_ai.usage.input_tokens": (0, 7, 1000),
    "gen_ai.usage.output_tokens": (0, 5, 300),
    "gen_ai.usage.cache_read.input_tokens": (3, 2000),
    "gen_ai.usage.cost.amount": (0.25,),
}
CONTEXT: Facts = {
    "session.id": ("s1", "s2"),
    "gen_ai.conversation.id": ("c1", "c2", "c3"),
    "fleetglass.run.id": ("r1", "r2"),
    "gen_ai.workflow.name": ("w1", "w2"),
    "fleetglass.prompt.version": ("p1",),
}
IDENTITY: Facts = {
    "gen_ai.agent.name": AGENTS,
    "gen_ai.agent.version": ("1", "2"),
    "fleetglass.tier": ("gold",),
    "gen_ai.request.model": ("gpt-4o-mini", FOUND[0]),
}
# One with a price from the start, one that is found when it comes, one without.
MODELS = ("gpt-4o-mini", FOUND[1], "our-own")
CALL: Facts = {"gen_ai.provider.name": ("openai",), "gen_ai.agent.name": AGENTS}
ARGUMENTS: Facts = {"gen_ai.tool.call.arguments": ('{"q": 1}', '{"q": 2}')}
TARGET: Facts = {
    "gen_ai.tool.call.arguments": ('{"agent_name": "critic"}',),
    "fleetglass.handoff.to": AGENTS,
}
RESOURCES: tuple[Facts, ...] = (
    {"service.name": "shop"},
    {"service.name": "desk", "fleetglass.cohort": "blue"},
    {"service.name": "desk", "service.version": "7"},
    {},
)
OPERATIONS = (
    "invoke_agent",
    "invoke_agent",
    "chat",
    "execute_tool",
    "execute_tool",
    "handoff",
    "invoke_workflow",
    "embeddings",
    "step",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A segment, and what happens once it is stored."""

    number: int
    spans: Sequence[Sent]
    then: str


def fleet(random: Random, *, traces: int, size: int) -> list[Sent]:
    """Traces of up to so many spans. Parents may be missing; they stand in no circle."""
    return [
        _span(random, f"trace {trace}", index)
        for trace in range(traces)
        for index in range(random.randint(1, size))
    ]


def arrivals(random: Random, spans: Sequence[Sent], *, gap: int) -> list[Arrival]:
    """Some come twice; segments that are near in time become visible in any order."""
    again = random.sample(spans, len(spans) // 10)
    parts = random.randint(1, 6)
    numbers = list(range(1, parts + 1))
    if gap == 1:
        random.shuffle(numbers)
    dealt: dict[int, list[Sent]] = {number: [] for number in numbers}
    for span in random.sample([*spans, *again], len(spans) + len(again)):
        dealt[random.choice(numbers)].append(span)
    thens = ("", "settle", "settle", "restart")
    return [
        Arrival(number=number * gap, spans=part, then=random.choice(thens))
        for number, part in dealt.items()
        if part
    ]


def _span(random: Random, trace: str, index: int) -> Sent:
    operation = random.choice(OPERATIONS)
    above = [str(other) for other in range(max(0, index - 4), index)]
    return Sent(
        id=str(index),
        trace=trace,
        parent=random.choice(("", "lost", "gone", *above, *above)),
        name=operation,
        at_ms=random.randint(0, 3) * 40_000 + random.randint(0, 2),
        took_ms=random.choice((0, 1, 90_000)),
        failed=random.random() < 0.1,
        facts=_facts(random, operation),
        resource=random.choice(RESOURCES),
    )


def _facts(random: Random, operation: str) -> Facts:
    facts: Facts = {"gen_ai.operation.name": operation} | _some(random, CONTEXT, 0.15)
    match operation:
        case "invoke_agent":
            facts |= _some(random, IDENTITY, 0.5) | _usage(random)
        case "chat" | "embeddings":
            facts |= {"gen_ai.request.model": random.choice(MODELS)}
            facts |= _some(random, CALL, 0.3) | _usage(random)
        case "execute_tool":
            facts |= {"gen_ai.tool.name": random.choice(("search", "search", "fetch"))}
            facts |= _some(random, ARGUMENTS, 0.6)
        case "handoff":
            tool = random.choice(("transfer_to_agent", "transfer_to_writer"))
            facts |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
            facts |= _some(random, TARGET, 0.3)
        case "invoke_workflow":
            facts |= _usage(random)
        case _:
            pass
    return facts


def _usage(random: Random) -> Facts:
    return _some(random, USAGE, 0.6) if random.random() < 0.6 else {}


def _some(random: Random, facts: Facts, share: float) -> Facts:
    return {key: random.choice(values) for key, values in facts.items() if random.random() < share}
