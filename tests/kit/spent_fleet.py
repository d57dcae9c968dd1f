"""A small fleet of two days, whose cost is known, and the command that says it."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_server.__main__ import main
from kit.agent_requests import START_NS, Sent, request
from kit.agent_rows import empty
from kit.databases import segment

Captured = pytest.CaptureFixture[str]
Facts = dict[str, Any]

# The fleet's first day begins here, a whole minute; 2026-09-21T14:14Z.
FIRST_MS = 40_000
FIRST_S = START_NS // 10**9 + FIRST_MS // 1000
DAY_MS = 86_400_000
UNTIL = "2026-09-23T14:14"


def agent(name: str, **more: str) -> Facts:
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, **more}


def chat(model: str, tokens: tuple[int, int, int], *, provider: str = "openai") -> Facts:
    """Input, output, and how much of the input was cached."""
    usage = ("input_tokens", "output_tokens", "cache_read.input_tokens")
    named = {"gen_ai.operation.name": "chat", "gen_ai.request.model": model}
    counts = {f"gen_ai.usage.{key}": n for key, n in zip(usage, tokens, strict=True)}
    return named | {"gen_ai.provider.name": provider} | counts


def tool(name: str) -> Facts:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}


def run(
    trace: str, at_ms: int, head: Facts, steps: Sequence[Facts], *, bad: int = -1
) -> list[Sent]:
    """An agent and its steps, a second each; `bad` fails."""
    cohort = {"service.name": "shop", "fleetglass.cohort": "eu" if trace < "t" else "us"}
    spans = [Sent(id="0", trace=trace, at_ms=at_ms, took_ms=60_000, facts=head, resource=cohort)]
    return spans + [
        Sent(
            id=str(at + 1),
            trace=trace,
            parent="0",
            at_ms=at_ms + 1000 * (at + 1),
            took_ms=500,
            facts=facts,
            resource=cohort,
            failed=at == bad,
        )
        for at, facts in enumerate(steps)
    ]


def fleet() -> list[Sent]:
    """A day on which refunds were fine, and one on which they were not."""
    spans: list[Sent] = []
    for day, (runs, calls, cached) in enumerate(((40, 2, 2500), (60, 5, 300))):
        for number in range(runs):
            at = FIRST_MS + day * DAY_MS + number * 600_000
            call = chat("gpt-4o", (4000, 300, cached))
            steps = [call, tool("orders"), call, tool("orders"), tool("policy"), *[call] * calls]
            steps += [call, tool("orders")] * 9 if day and number == 7 else []
            bad = 0 if day and number % 4 == 0 else -1
            spans += run(f"refund {day} {number}", at, agent("refunds"), steps, bad=bad)
        for number in range(30):
            at = FIRST_MS + day * DAY_MS + number * 900_000 + 7000
            steps = [
                chat("gpt-4o-mini", (900, 80, 0)),
                tool("kb"),
                chat("gpt-4o-mini", (1500, 100, 0)),
            ]
            spans += run(f"triage {day} {number}", at, agent("triage"), steps)
    for number in range(4):
        at = FIRST_MS + DAY_MS + number * 5000
        steps = [chat("our-own", (1000, 100, 0), provider="acme")]
        spans += run(f"x {number}", at, agent("draft"), steps)
    return spans


def told(store: Store, spans: Sequence[Sent], *, tenant: str = "default", number: int = 1) -> None:
    """Store spans and settle."""
    body = segment([request(spans)], tenant=tenant, number=number)
    store.insert_segment(body, uuid.uuid4().hex)
    with Settler.open(store) as settler:
        settler.settle()


def kept(store: Store) -> None:
    """Whatever day it is: what was told is old one day."""
    for table in ("agent_spans_rows", "agent_minutes", "agent_runs"):
        store.command(f"SYSTEM STOP TTL MERGES {table}")


def emptied(store: Store) -> Store:
    empty(store)
    store.command("TRUNCATE TABLE incidents_rows")
    return store


def shown(captured: Captured, *arguments: str, status: int = 0) -> str:
    assert main(["costs", *arguments]) == status
    return captured.readouterr().out


def rows(captured: Captured, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
    text = shown(captured, *arguments, "--json", status=status)
    return [json.loads(line) for line in text.splitlines()]
