"""Reads the record of tasks: what each run did, what people said of it, whether it did harm."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

from fleetglass import conventions as names
from fleetglass.autonomy.classes import HARMLESS, ActionClass
from fleetglass.autonomy.policy import Policy
from fleetglass_collector.store.reader import Reader
from fleetglass_detectors.autonomy.earned.standing import Task

SQL = files("fleetglass_server.tiers")
TASKS = (SQL / "tasks.sql").read_text()
HARMED = (SQL / "harmed.sql").read_text()
FEEDBACK = Template((SQL / "feedback.sql").read_text()).substitute(
    run=names.RUN_ID,
    kind=names.FEEDBACK_KIND,
    score=names.FEEDBACK_SCORE,
    label=names.FEEDBACK_LABEL,
)
MOST_TASKS = 500_000
BAD_LABELS = frozenset({"bad", "wrong", "negative", "thumbs_down", "thumbs-down", "down", "fail"})
# The user had to do the work again, or gave it up.
BAD_KINDS = frozenset({"retry", "abandon"})
EDITED = 0.5
"""An answer that was edited was partly right."""


@dataclass(frozen=True, slots=True, order=True)
class Who:
    tenant: str
    agent: str
    cohort: str
    action_class: str


Record = Mapping[Who, list[Task]]


def record(reader: Reader, policy: Policy, *, agent: str, seconds: float) -> Record:
    """Return the tasks of each agent by class of action, all classes that change something."""
    period = {"seconds": min(int(seconds), 2**31)}
    harmed = {row["trace_id"]: bool(row["serious"]) for row in _rows(reader, HARMED, period)}
    opinions: dict[str, float] = {}
    for row in _rows(reader, FEEDBACK, period):
        opinion = opinion_of(row["kind"], row["score"], row["label"])
        opinions[row["run_id"]] = min(opinion, opinions.get(row["run_id"], 1.0))
    found: dict[Who, list[Task]] = {}
    for row in _rows(reader, TASKS, period | {"agent": agent, "most": MOST_TASKS}):
        good = 0.0 if row["failed"] or row["trace_id"] in harmed else 1.0
        task = Task(
            at_ns=int(row["at_ns"]),
            good=min(good, opinions.get(row["run_id"], 1.0)),
            is_serious=harmed.get(row["trace_id"], False),
            epoch=" ".join((row["version"], row["model"], row["prompt"])),
        )
        for action_class in _classes(row["done"], policy):
            who = Who(row["tenant"], row["agent"], row["cohort"], str(action_class))
            found.setdefault(who, []).append(task)
    return found


def opinion_of(kind: str, score: str, label: str) -> float:
    """Return from 0 to 1 how well a task went, as somebody says.

    >>> opinion_of("score", "0.8", ""), opinion_of("label", "", "Bad"), opinion_of("edit", "", "")
    (0.8, 0.0, 0.5)
    """
    if kind in BAD_KINDS or label.lower() in BAD_LABELS:
        return 0.0
    if kind == "edit":
        return EDITED
    try:
        return min(1.0, max(0.0, float(score))) if score else 1.0
    except ValueError:
        return 1.0


def _classes(done: list[list[str]], policy: Policy) -> Iterator[ActionClass]:
    classes = {policy.class_of(tool, action) for tool, action in done}
    yield from sorted(classes - HARMLESS - {ActionClass.UNKNOWN})


def _rows(reader: Reader, sql: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return map(json.loads, reader.query(sql, parameters=parameters).splitlines())
