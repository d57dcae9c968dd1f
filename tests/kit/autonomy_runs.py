"""Runs as the rules of autonomy see them, and policies, made by hand."""

import json
from itertools import count
from pathlib import Path
from typing import Any

from fleetglass.autonomy import declared
from fleetglass.autonomy.action import Action
from fleetglass.autonomy.policy import Policy
from fleetglass.autonomy.violation import Violation
from fleetglass_detectors.autonomy.rules import judge
from fleetglass_detectors.autonomy.run import Approval, Run, Text
from fleetglass_detectors.autonomy.watch import constant
from fleetglass_detectors.document import load

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


def fleet_file(folder: Path, text_: str) -> Path:
    file = folder / "fleet.yaml"
    file.write_text(text_)
    return file
