"""Reads whole runs with their words, for the few runs in which something consequential happened."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from string import Template
from typing import Any

from fleetglass import conventions as names
from fleetglass.autonomy.action import Action
from fleetglass_detectors.autonomy.conversation import TRUSTED, said
from fleetglass_detectors.autonomy.run import Approval, Run, Text
from fleetglass_detectors.database import Database

SQL = files("fleetglass_detectors.autonomy")
SPANS = Template((SQL / "spans.sql").read_text())
WORDS = Template((SQL / "words.sql").read_text())
GRANTED = Template((SQL / "granted.sql").read_text())
MOST_SPANS = 5_000
"""The most spans of one run that are read."""
MOST_CHARACTERS = 131_072
MOST_STEPS = 400
"""The last steps of one run, whose words are read. Models are told again what was said before."""
AT_ONCE = 100
"""Runs that are read with one query: it lists them, and their words must fit into memory."""
CALLS = ("tool", "retrieval", "handoff")
DEEPEST = 64

Row = dict[str, Any]
Granted = Mapping[tuple[str, str], Sequence[Approval]]
"""What people granted, by tenant and trace."""


def runs(
    database: Database,
    segments: Mapping[int, Iterable[int]],
    *,
    with_granted: bool = False,
    is_watched: Callable[[str, str], bool] = lambda _agent, _cohort: True,
) -> Iterator[Run]:
    """Yield each of the runs, given the segments in which their spans arrived.

    `with_granted`: with what people granted through fleetglass. Left out are the runs in which
    nobody is watched that acts: given an agent and its cohort, `is_watched` says so.
    """
    numbers = [*segments]
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        arrived = sorted({segment for run in some for segment in segments[run]})
        sql = SPANS.substitute(segments=_listed(arrived), runs=_listed(some), most_spans=MOST_SPANS)
        by_run: dict[int, list[Row]] = {}
        for line in database.query(sql).splitlines():
            row: Row = json.loads(line)
            by_run.setdefault(int(row["run"]), []).append(row)
        by_run = {run: rows for run, rows in by_run.items() if _acts(rows, is_watched)}
        all_rows = [row for rows in by_run.values() for row in rows]
        words = _words(database, all_rows)
        granted: Granted = _granted(database, all_rows) if with_granted else {}
        for number in some:
            if rows := by_run.get(number):
                run = run_of(number, rows, words)
                more = granted.get((run.tenant, run.trace_id), ())
                yield replace(run, approvals=(*run.approvals, *more)) if more else run


def _acts(rows: Sequence[Row], is_watched: Callable[[str, str], bool]) -> bool:
    return any(
        is_watched(row["agent"], row["cohort"])
        for row in rows
        if row["kind"] in CALLS or row["action"]
    )


def run_of(number: int, rows: Sequence[Row], words: Mapping[tuple[str, str], Row]) -> Run:
    """Put a run together from its spans, in order of time, and their words."""
    parent = {row["span_id"]: row for row in rows}
    heard = {row["span_id"]: words.get((row["trace_id"], row["span_id"]), {}) for row in rows}
    calls = [row for row in rows if row["kind"] in CALLS or row["action"]]
    first_result = min((int(row["end_ns"]) for row in calls), default=1 << 62)
    trusted: list[Text] = []
    untrusted: list[Text] = []
    for row in rows:
        _listen(row, heard[row["span_id"]], first_result, trusted, untrusted)
    return Run(
        number=number,
        tenant=rows[0]["tenant"],
        trace_id=rows[0]["trace_id"],
        actions=tuple(_action(row, heard[row["span_id"]], parent) for row in calls),
        approvals=tuple(_approvals(rows, heard)),
        agents=frozenset(row["agent"] for row in rows if row["agent"]),
        is_unnamed=any(not row["agent"] for row in rows),
        trusted=tuple(dict.fromkeys(trusted)),
        untrusted=tuple(dict.fromkeys(untrusted)),
    )


def _listen(
    row: Row, words: Row, first_result: int, trusted: list[Text], untrusted: list[Text]
) -> None:
    """Sort what a span heard into what is trusted and what is not."""
    start, end = int(row["start_ns"]), int(row["end_ns"])
    if row["kind"] in CALLS or row["action"]:
        if answered := words.get("answered"):
            untrusted.append(Text(at_ns=end, text=answered, source=row["tool"] or row["name"]))
        return
    if instructions := words.get("instructions"):
        trusted.append(Text(at_ns=start, text=instructions))
    is_first = start < first_result
    for role, text in (*said(words.get("heard") or ""), *_parts(words.get("heard_parts") or {})):
        if not text:
            continue
        # Without roles, only what came before the first result of a tool can hold none.
        if role in TRUSTED or (not role and is_first):
            trusted.append(Text(at_ns=start, text=text))
        elif role == "tool":
            untrusted.append(Text(at_ns=start, text=text, source=""))


def _parts(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield role and text of messages that stand in attributes of their own."""
    by_message: dict[str, dict[str, str]] = {}
    for name, value in attributes.items():
        place, _, last = name.rpartition(".")
        number = next((part for part in place.split(".") if part.isdigit()), "")
        by_message.setdefault(number, {}).setdefault(last, value)
    for message in by_message.values():
        text = message.get("content") or message.get("text") or ""
        yield message.get("role", "").lower(), text


def _action(row: Row, words: Row, parent: Mapping[str, Row]) -> Action:
    declared: Mapping[str, str] = words.get("declared") or {}
    answered = str(words.get("answered") or "")
    return Action(
        key=int(row["key"]),
        segment=int(row["segment"]),
        span_id=row["span_id"],
        start_ns=int(row["start_ns"]),
        end_ns=int(row["end_ns"]),
        agent=row["agent"],
        cohort=row["cohort"],
        claimed=row["tier"],
        tool=row["tool"],
        action=row["action"],
        arguments=str(words.get("asked") or ""),
        declared_amount=_number(declared.get(names.AMOUNT, "")),
        mark=declared.get(names.APPROVAL_ARGUMENTS, ""),
        # Some frameworks record a failure only as the text that the model gets.
        failed=bool(row["failed"]) or answered[:5].lower() == "error",
        lineage=_lineage(row, parent),
    )


def _lineage(row: Row, parent: Mapping[str, Row]) -> tuple[str, ...]:
    agents: dict[str, None] = {}
    above = row
    for _ in range(DEEPEST):
        found = parent.get(above["parent_span_id"])
        if found is None:
            break
        above = found
        if above["agent"] and above["agent"] != row["agent"]:
            agents[above["agent"]] = None
    return tuple(agents)


def _approvals(rows: Sequence[Row], heard: Mapping[str, Row]) -> Iterator[Approval]:
    for row in rows:
        declared: Mapping[str, str] = heard[row["span_id"]].get("declared") or {}
        if names.APPROVAL_ACTION in declared:
            yield Approval(
                at_ns=int(row["start_ns"]),
                by=declared.get(names.APPROVAL_BY, ""),
                action=declared[names.APPROVAL_ACTION],
                granted=declared.get(names.APPROVAL_GRANTED, "true").lower() == "true",
                arguments=declared.get(names.APPROVAL_ARGUMENTS, ""),
            )


def _words(database: Database, rows: Sequence[Row]) -> Mapping[tuple[str, str], Row]:
    if not rows:
        return {}
    times = [int(row["start_ns"]) for row in rows]
    traces = sorted({str(row["trace_id"]) for row in rows})
    sql = WORDS.substitute(
        most=MOST_CHARACTERS,
        most_steps=MOST_STEPS,
        first_ns=min(times),
        last_ns=max(times),
        traces=", ".join(f"'{_escaped(trace)}'" for trace in traces),
    )
    found = (json.loads(line) for line in database.query(sql).splitlines())
    return {(row["trace_id"], row["span_id"]): row for row in found}


def _granted(database: Database, rows: Sequence[Row]) -> Granted:
    traces = sorted({str(row["trace_id"]) for row in rows})
    if not traces:
        return {}
    found: dict[tuple[str, str], list[Approval]] = {}
    sql = GRANTED.substitute(traces=", ".join(f"'{_escaped(trace)}'" for trace in traces))
    for row in map(json.loads, database.query(sql).splitlines()):
        approval = Approval(
            at_ns=int(row["at_ns"]),
            by=row["by"],
            action=row["action"],
            arguments=row["fingerprint"],
            is_granted=True,
        )
        found.setdefault((row["tenant"], row["trace_id"]), []).append(approval)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
