"""Runs as the rules of autonomy see them, and policies, made by hand."""

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from fleetglass.autonomy import declared
from fleetglass.autonomy.action import Action
from fleetglass.autonomy.policy import Policy
from fleetglass.autonomy.violation import Violation
from fleetglass_detectors.autonomy.quotas import Quotas
from fleetglass_detectors.autonomy.rules import judge
from fleetglass_detectors.autonomy.run import Approval, Run, Text
from fleetglass_detectors.autonomy.sieve import Named
from fleetglass_detectors.autonomy.watch import constant
from fleetglass_detectors.document import load
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import TOOL, Batch
from kit.fleet_rows import row

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
_keys = count(1)


def policy(text: str) -> Policy:
    """The policy of a section `autonomy`, written as in fleet.yaml."""
    return declared.policy(load(text), "fleet.yaml")


def action(tool: str = "", at: float = 100.0, *, took: float = 1.0, **values: Any) -> Action:
    """An action that begins `at` seconds after the start; `args` are its arguments."""
    args = values.pop("args", None)
    given: dict[str, Any] = {"agent": "refunds"} | values
    start_ns = START + int(at * SECOND)
    return Action(
        key=next(_keys),
        segment=1,
        span_id=f"{next(_keys):016x}",
        start_ns=start_ns,
        end_ns=start_ns + int(took * SECOND),
        tool=tool,
        arguments="" if args is None else json.dumps(args),
        **given,
    )


def approval(
    for_action: str, by: str = "ann@example.com", at: float = 99.0, **more: Any
) -> Approval:
    return Approval(at_ns=START + int(at * SECOND), by=by, action=for_action, **more)


def text(words: str, at: float = 0.0, source: str = "") -> Text:
    return Text(at_ns=START + int(at * SECOND), text=words, source=source)


def run(*actions: Action, **more: Any) -> Run:
    agents = {one.agent for one in actions} | {name for one in actions for name in one.lineage}
    given: dict[str, Any] = {"agents": frozenset(agents - {""})} | more
    return Run(number=7, tenant="default", trace_id="a" * 32, actions=actions, **given)


def violations(one: Run, by: Policy, *, now: float = 1e6) -> list[Violation]:
    return judge(one, constant(by), START + int(now * SECOND)).violations


def rules(one: Run, by: Policy, *, now: float = 1e6) -> list[str]:
    """The kinds of the violations, in the order of the actions."""
    return [str(found.rule) for found in violations(one, by, now=now)]


def quotas_of(done: Sequence[Action], by: Policy) -> Quotas:
    """The detector of limits over time, which finds each of the actions in a run of its own."""
    runs = {number: run(one) for number, one in enumerate(done, 1)}
    tools = [*dict.fromkeys(one.tool for one in done)]
    return Quotas(
        constant(by),
        lambda wanted: [runs[number] for number in wanted],
        lambda _: [
            Named(7, number, 0, "refunds", tool, "") for number, tool in enumerate(tools, 1)
        ],
    )


def arrived(done: Sequence[Action], *, now: float | None = None) -> Batch:
    """The spans of actions, each in a run of its own."""
    tools = [*dict.fromkeys(one.tool for one in done)]
    rows = [
        row(
            run=number,
            span=one.key,
            kind=TOOL,
            tool=tools.index(one.tool) + 1,
            start_ns=one.start_ns,
        )
        for number, one in enumerate(done, 1)
    ]
    last = START + int(now * SECOND) if now else max(one.end_ns for one in done)
    return Batch(rows=np.concatenate(rows), now_ns=last)


def over_time(done: Sequence[Action], by: Policy, *, now: float | None = None) -> list[Signal]:
    """What the limits over time find once all of the actions have arrived."""
    return [*quotas_of(done, by).update(arrived(done, now=now))]


def fleet_file(folder: Path, text_: str) -> Path:
    file = folder / "fleet.yaml"
    file.write_text(text_)
    return file
