"""Replays history against two policies: what would newly be a violation, and what no longer."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files

from fleetglass.autonomy import coverage
from fleetglass.autonomy.coverage import Coverage
from fleetglass.autonomy.policy import Policy
from fleetglass.autonomy.violation import Violation
from fleetglass_collector.store.reader import Reader
from fleetglass_detectors.autonomy import reading
from fleetglass_detectors.autonomy.rules import judge
from fleetglass_detectors.autonomy.watch import constant
from fleetglass_server.policies.readable import ReadOnly

HISTORY = (files("fleetglass_server.policies") / "history.sql").read_text()
MOST_RUNS = 20_000
END_NS = 1 << 62
SHOWN = 40

Key = tuple[str, str, str, str]
"""The rule, the agent, the action and what was wrong with it."""


@dataclass(slots=True)
class Trial:
    runs: int = 0
    actions: int = 0
    now: Counter[Key] = field(default_factory=Counter[Key])
    then: Counter[Key] = field(default_factory=Counter[Key])
    trace: dict[Key, str] = field(default_factory=dict[Key, str])
    """A run in which it happened."""
    unknown: Coverage = field(default_factory=Coverage)


def tried(reader: Reader, now: Policy, then: Policy, seconds: float) -> Trial:
    """Judge the runs of the last seconds by the policy that holds now and by another."""
    answer = reader.query(
        HISTORY, parameters={"seconds": min(int(seconds), 2**31), "most": MOST_RUNS}
    )
    segments = {
        int(row["run"]): [*map(int, row["segments"])]
        for row in map(json.loads, answer.splitlines())
    }
    trial = Trial()
    for run in reading.runs(ReadOnly(reader), segments):
        trial.runs += 1
        trial.actions += len(run.actions)
        judged = judge(run, constant(then), END_NS)
        trial.unknown.update(judged.coverage)
        for counter, violations in (
            (trial.now, judge(run, constant(now), END_NS).violations),
            (trial.then, judged.violations),
        ):
            for violation in violations:
                key = _key(violation)
                counter[key] += 1
                trial.trace.setdefault(key, run.trace_id)
    return trial


def sentences(trial: Trial) -> Iterator[str]:
    """Yield what changes for people, the most frequent first."""
    yield f"{trial.actions:,} actions in {trial.runs:,} runs"
    if trial.runs == MOST_RUNS:
        yield f"only the last {MOST_RUNS:,} runs were tried; a shorter --since tries all of them"
    yield from _part("newly a violation", trial.then - trial.now, trial)
    yield from _part("no longer a violation", trial.now - trial.then, trial)
    yield from _part("a violation before and after", trial.now & trial.then, trial)
    if trial.unknown:
        yield ""
        yield "cannot be judged:"
        yield from (f"  {line}" for line in [*coverage.sentences(trial.unknown)][:SHOWN])


def lines(trial: Trial) -> Iterator[str]:
    """Yield a line of JSON for each thing that changes."""
    for change, counter in (
        ("newly", trial.then - trial.now),
        ("no longer", trial.now - trial.then),
        ("both", trial.now & trial.then),
    ):
        for key, count in counter.most_common():
            rule, agent, action, what = key
            yield json.dumps(
                {
                    "change": change,
                    "count": count,
                    "rule": rule,
                    "agent": agent,
                    "action": action,
                    "what": what,
                    "trace_id": trial.trace[key],
                }
            )


def _part(title: str, counter: Counter[Key], trial: Trial) -> Iterator[str]:
    yield ""
    yield f"{title}: {sum(counter.values()):,}"
    for key, count in counter.most_common(SHOWN):
        rule, agent, action, what = key
        yield f"  {count:6,}  {rule}: {agent} {action} {what}; for example {trial.trace[key]}"


def _key(violation: Violation) -> Key:
    action = violation.action
    return str(violation.rule), action.agent, action.name, violation.what
