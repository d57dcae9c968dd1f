"""Reads steps with their words, for the few runs whose words matter."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from fleetglass_detectors.database import Database
from fleetglass_detectors.loops.step import Step
from fleetglass_detectors.spans import Keys, sql_list

SQL = files("fleetglass_detectors.loops")
STEPS = Template((SQL / "steps.sql").read_text())
TEXTS = Template((SQL / "texts.sql").read_text())
# Characters of a text that are looked at.
MOST = 16_384
# They are named in a query, which the database reads up to a size.
AT_ONCE = 5_000
CALLS = ("tool", "retrieval", "handoff")


def steps(database: Database, keys: Keys, segments: Keys) -> Iterator[tuple[int, Step]]:
    """The steps of these keys, which came in these segments; those that are gone are left out."""
    for start in range(0, len(keys), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        where = {"segments": sql_list(np.unique(segments[part])), "keys": sql_list(keys[part])}
        answer = database.query(STEPS.substitute(where)).splitlines()
        rows = [json.loads(line) for line in answer]
        said = _texts(database, rows, where)
        for row in rows:
            yield int(row["key"]), _step(row, said.get((row["trace_id"], row["span_id"]), {}))


def _texts(
    database: Database, rows: Sequence[Mapping[str, Any]], where: Mapping[str, str]
) -> dict[tuple[str, str], dict[str, Any]]:
    if not rows:
        return {}
    times = [int(row["start_ns"]) for row in rows]
    sql = TEXTS.substitute(where, most=MOST, first_ns=min(times), last_ns=max(times))
    found = (json.loads(line) for line in database.query(sql).splitlines())
    return {(row["trace_id"], row["span_id"]): row for row in found}


def _step(row: Mapping[str, Any], words: Mapping[str, Any]) -> Step:
    calls = row["kind"] in CALLS
    answered = words.get("answered", "") if calls else spoken(words.get("said", ""))
    return Step(
        span_id=row["span_id"],
        parent_span_id=row["parent_span_id"],
        start_ns=int(row["start_ns"]),
        end_ns=int(row["end_ns"]),
        actor=row["agent"],
        kind="llm" if row["kind"] == "llm" else "tool",
        tool=row["tool"],
        asked=words.get("asked", "") if calls else "",
        answered=answered,
        tokens=int(row["tokens"]),
        cost=float(row["cost"]),
        failed=bool(row["failed"]),
    )


def spoken(text: str) -> str:
    """What a model said, out of the message or messages that frameworks wrap it in."""
    if text[:1] not in "[{" or not text:
        return text
    try:
        message = json.loads(text)
        found = [*_contents(message)]
    except (ValueError, RecursionError):
        # Cut off, or no JSON.
        return text
    return "\n".join(found) or ("" if _is_messages(message) else text)


def _is_messages(message: Any) -> bool:
    """Return whether this is a list of messages, and not JSON that the model wrote itself."""
    return isinstance(message, list) and all("role" in one for one in message)  # pyright: ignore[reportUnknownVariableType]


def _contents(message: Any) -> Iterator[str]:
    if isinstance(message, list):
        for one in message[:64]:  # pyright: ignore[reportUnknownVariableType]
            yield from _contents(one)
    elif isinstance(message, dict):
        for name in ("content", "text", "parts"):
            inner: Any = message.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            if isinstance(inner, str):
                yield inner
            elif inner:
                yield from _contents(inner)
        # What it only called is told by the calls themselves; where it said nothing, by this.
