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
from fleetglass_detectors.sql import numbers, texts

SQL = files("fleetglass_detectors.autonomy")
SPANS = Template((SQL / "spans.sql").read_text())
WORDS = Template((SQL / "words.sql").read_text())
GRANTED = Template((SQL / "granted.sql").read_text())
MOST_SPANS = 5_000
"""The most spans of one run that are read."""
MOST_CHARACTERS = 131_072
MOST_STEPS = 400
"""The last steps of one run whose words are read. Models are told again what was said before."""
STEPS_AT_ONCE = 800
"""The steps whose words are read with one query: they must fit into memory."""
AT_ONCE = 100
"""Runs whose spans are read with one query: it lists them."""
CALLS = ("tool", "retrieval", "handoff")
DEEPEST = 64

Row = dict[str, Any]
Granted = Mapping[tuple[str, str], Sequence[Approval]]
"""What people granted, by tenant and trace."""


class Heard:
    """Texts in order of time, each once: a model is told again and again what was said before."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], int] = {}

    def add(self, at_ns: int, text: str, source: str = "") -> None:
        key = text, source
        self._texts[key] = min(at_ns, self._texts.get(key, at_ns))

    @property
    def texts(self) -> tuple[Text, ...]:
        items = self._texts.items()
        return tuple(Text(at_ns=at, text=text, source=source) for (text, source), at in items)


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
    wanted = [*segments]
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        arrived = sorted({segment for run in some for segment in segments[run]})
        sql = SPANS.substitute(segments=numbers(arrived), runs=numbers(some), most_spans=MOST_SPANS)
        by_run: dict[int, list[Row]] = {}
        for line in database.query(sql).splitlines():
            row: Row = json.loads(line)
            by_run.setdefault(int(row["run"]), []).append(row)
        watched = [rows for rows in by_run.values() if _acts(rows, is_watched)]
        for part in parts_of(watched):
            yield from _whole(database, part, with_granted=with_granted)


def parts_of(by_run: Sequence[list[Row]]) -> Iterator[list[list[Row]]]:
    """Yield the runs in parts whose words fit into memory together."""
    part: list[list[Row]] = []
    steps = 0
    for rows in by_run:
        more = min(len(rows), MOST_STEPS)
        if part and steps + more > STEPS_AT_ONCE:
            yield part
            part, steps = [], 0
        part.append(rows)
        steps += more
    if part:
        yield part


def _whole(database: Database, part: Sequence[list[Row]], *, with_granted: bool) -> Iterator[Run]:
    """Yield some runs with their words."""
    all_rows = [row for rows in part for row in rows]
    words = _words(database, all_rows)
    granted: Granted = _granted(database, all_rows) if with_granted else {}
    for rows in part:
        run = run_of(int(rows[0]["run"]), rows, words)
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
    trusted, untrusted = Heard(), Heard()
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
        trusted=trusted.texts,
        untrusted=untrusted.texts,
    )


def _listen(row: Row, words: Row, first_result: int, trusted: Heard, untrusted: Heard) -> None:
    """Sort what a span heard into what is trusted and what is not."""
    start, end = int(row["start_ns"]), int(row["end_ns"])
    if row["kind"] in CALLS or row["action"]:
        if answered := words.get("answered"):
            untrusted.add(end, answered, row["tool"] or row["name"])
        return
    if instructions := words.get("instructions"):
        trusted.add(start, instructions)
    is_first = start < first_result
    for role, text in (*said(words.get("heard") or ""), *_parts(words.get("heard_parts") or {})):
        if not text:
            continue
        # Without roles, only what came before the first result of a tool can hold none.
        if role in TRUSTED or (not role and is_first):
            trusted.add(start, text)
        elif role == "tool":
            untrusted.add(start, text)


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
        traces=texts(traces),
    )
    found = (json.loads(line) for line in database.query(sql).splitlines())
    return {(row["trace_id"], row["span_id"]): row for row in found}


def _granted(database: Database, rows: Sequence[Row]) -> Granted:
    traces = sorted({str(row["trace_id"]) for row in rows})
    if not traces:
        return {}
    found: dict[tuple[str, str], list[Approval]] = {}
    sql = GRANTED.substitute(traces=texts(traces))
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
