"""Reads the record of tasks: what each run did, what people said of it, whether it did harm."""

import difflib
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
DENIED = (SQL / "denied.sql").read_text()
NAMES = {
    "run": names.RUN_ID,
    "kind": names.FEEDBACK_KIND,
    "score": names.FEEDBACK_SCORE,
    "label": names.FEEDBACK_LABEL,
    "text": names.FEEDBACK_TEXT,
}
FEEDBACK = Template((SQL / "feedback.sql").read_text()).substitute(NAMES)
EDITED = Template((SQL / "edited.sql").read_text()).substitute(NAMES)
MOST_TASKS = 500_000
BAD_LABELS = frozenset({"bad", "wrong", "negative", "thumbs_down", "thumbs-down", "down", "fail"})
# The user had to do the work again, or gave it up.
BAD_KINDS = frozenset({"retry", "abandon"})
PARTLY = 0.5
"""An answer that was edited, where nobody recorded into what."""
MUCH = 0.3
"""The share of an answer that was changed, from which on the answer was wrong."""
MOST_WORDS = 2_000


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
    denied = {row["trace_id"] for row in _rows(reader, DENIED, period)}
    opinions = _opinions(reader, period)
    found: dict[Who, list[Task]] = {}
    for row in _rows(reader, TASKS, period | {"agent": agent, "most": MOST_TASKS}):
        trace = row["trace_id"]
        good = 0.0 if row["failed"] or trace in harmed or trace in denied else 1.0
        for action_class, tool in _classes(row["done"], policy).items():
            task = Task(
                at_ns=int(row["at_ns"]),
                good=min(good, opinions.get(row["run_id"], 1.0)),
                is_serious=harmed.get(trace, False),
                # Easy work with one tool does not speak for hard work with another.
                stratum=tool,
                epoch=" ".join((row["version"], row["model"], row["prompt"])),
            )
            who = Who(row["tenant"], row["agent"], row["cohort"], str(action_class))
            found.setdefault(who, []).append(task)
    return found


def _opinions(reader: Reader, period: Mapping[str, int]) -> Mapping[str, float]:
    """Return what people think of runs, by run: the worst of what they said."""
    opinions: dict[str, float] = {}
    edited = {
        row["run_id"]: kept(row["said"], row["edited"]) for row in _rows(reader, EDITED, period)
    }
    for row in _rows(reader, FEEDBACK, period):
        run, opinion = row["run_id"], opinion_of(row["kind"], row["score"], row["label"])
        opinion = edited.get(run, opinion) if row["kind"] == "edit" else opinion
        opinions[run] = min(opinion, opinions.get(run, 1.0))
    return opinions


def kept(said: str, edited: str) -> float:
    """Return how good an answer was, by how much of it a person kept.

    >>> kept("Your order is on its way.", "Your order is on its way."), kept("yes", "no, never")
    (1.0, 0.0)
    """
    before, after = said.split()[:MOST_WORDS], edited.split()[:MOST_WORDS]
    changed = 1.0 - difflib.SequenceMatcher(None, before, after, autojunk=False).ratio()
    return max(0.0, 1.0 - changed / MUCH)


def opinion_of(kind: str, score: str, label: str) -> float:
    """Return from 0 to 1 how well a task went, as somebody says.

    >>> opinion_of("score", "0.8", ""), opinion_of("label", "", "Bad"), opinion_of("edit", "", "")
    (0.8, 0.0, 0.5)
    """
    if kind in BAD_KINDS or label.lower() in BAD_LABELS:
        return 0.0
    if kind == "edit":
        return PARTLY
    try:
        return min(1.0, max(0.0, float(score))) if score else 1.0
    except ValueError:
        return 1.0


def _classes(done: list[list[str]], policy: Policy) -> dict[ActionClass, str]:
    """Return the classes that change something, each with the first tool of it."""
    found: dict[ActionClass, str] = {}
    for tool, action in sorted((tool, action) for tool, action in done):
        action_class = policy.class_of(tool, action)
        if action_class not in HARMLESS and action_class is not ActionClass.UNKNOWN:
            found.setdefault(action_class, tool or action)
    return found


def _rows(reader: Reader, sql: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return map(json.loads, reader.query(sql, parameters=parameters).splitlines())
