"""Drafts a policy from what the fleet has been doing: just that is permitted, to be narrowed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from fleetglass.autonomy.classes import HARMFUL, HARMLESS, ActionClass
from fleetglass.autonomy.declared import CLASSES
from fleetglass.autonomy.policy import ACT, ASK, OBSERVE, SUGGEST, TIERS, Policy
from fleetglass_collector.store.reader import Reader

SEEN = (files("fleetglass_server.policies") / "seen.sql").read_text()
HEAD = """\
# What the agents of this fleet may do. Drafted from what they did in the last {days:g} days: it
# permits just that. Narrow it, then: fleetglass fleet test fleet.yaml
# Tiers: {tiers}.
autonomy:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How many times an agent called a tool or did a declared action."""

    agent: str
    tool: str
    action: str
    calls: int


def seen(reader: Reader, seconds: float) -> list[Seen]:
    rows = reader.query(SEEN, parameters={"seconds": min(int(seconds), 2**31)}).splitlines()
    return [
        Seen(agent=r["agent"], tool=r["tool"], action=r["action"], calls=int(r["calls"]))
        for r in map(json.loads, rows)
    ]


def drafted(did: Sequence[Seen], days: float) -> Iterator[str]:
    """Yield the lines of a file."""
    tiers = ", ".join(f"{number} {name}" for number, name in enumerate(TIERS))
    yield HEAD.format(days=days, tiers=tiers).rstrip("\n")
    yield from _kinds(did)
    by_agent: dict[str, list[Seen]] = defaultdict(list)
    for one in did:
        by_agent[one.agent].append(one)
    yield "  agents:" if by_agent else "  agents: []"
    for agent, mine in sorted(by_agent.items()):
        yield from _standing(agent, mine)


def _kinds(did: Sequence[Seen]) -> Iterator[str]:
    unknown: dict[str, int] = defaultdict(int)
    for one in did:
        if Policy().class_of(one.tool, one.action) is ActionClass.UNKNOWN:
            unknown[one.tool or one.action] += one.calls
    if unknown:
        yield "  # The names of these do not say what they do. Give each its class, without the #:"
        yield f"  # {', '.join(CLASSES)}."
        yield "  kinds:"
    for name, calls in sorted(unknown.items(), key=lambda item: -item[1]):
        yield f"    # - {{tool: {_quoted(name)}, class: }}  # called {calls:,} times"


def _standing(agent: str, did: Sequence[Seen]) -> Iterator[str]:
    classes: dict[ActionClass, dict[str, int]] = defaultdict(dict)
    for one in did:
        action_class = Policy().class_of(one.tool, one.action)
        if action_class is not ActionClass.UNKNOWN:
            names = classes[action_class]
            names[one.tool or one.action] = names.get(one.tool or one.action, 0) + one.calls
    yield f"    - agent: {_quoted(agent)}"
    yield f"      tier: {TIERS[SUGGEST if ActionClass.DRAFT in classes else OBSERVE]}"
    consequential = {one: names for one, names in classes.items() if one not in HARMLESS}
    if consequential:
        yield "      may:"
    for action_class, names in sorted(consequential.items()):
        yield from _permission(action_class, names)


def _permission(action_class: ActionClass, names: Mapping[str, int]) -> Iterator[str]:
    calls = ", ".join(f"{name} {count:,}x" for name, count in list(names.items())[:5])
    # What cannot be taken back is worth a question: is it meant to be alone?
    advice = f"; or {TIERS[ASK]}?" if action_class in HARMFUL else ""
    yield f"        - {{class: {action_class}, tier: {TIERS[ACT]}}}  # {calls}{advice}"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
