"""Reads steps with their texts, for the few runs whose texts must be compared."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from fleetglass_detectors.database import Database
from fleetglass_detectors.loops.step import Step
from fleetglass_detectors.spans import Keys
from fleetglass_detectors.sql import numbers

SQL = files("fleetglass_detectors.loops")
STEPS = Template((SQL / "steps.sql").read_text())
TEXTS = Template((SQL / "texts.sql").read_text())
# The most characters of a text that are read.
MOST = 16_384
# A query lists the keys, and the database limits the size of a query.
AT_ONCE = 5_000
CALLS = ("tool", "retrieval", "handoff")


def steps(database: Database, keys: Keys, segments: Keys) -> Iterator[tuple[int, Step]]:
    """Yield the steps with these keys, from these segments. Steps that were deleted are missing."""
    for start in range(0, len(keys), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        where = {"segments": numbers(np.unique(segments[part])), "keys": numbers(keys[part])}
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
    """Return the text of a model output, without the messages that frameworks wrap it in."""
    if text[:1] not in "[{" or not text:
        return text
    try:
        message = json.loads(text)
        found = [*_contents(message)]
    except (ValueError, RecursionError):
        # The text was cut, or it is no JSON.
        return text
    return "\n".join(found) or ("" if _is_empty(message) else text)


def _is_empty(message: Any) -> bool:
    """Return whether this is a list of messages that hold no text and call nothing."""
    if not isinstance(message, list):
        # JSON that the model wrote itself.
        return False
    messages: list[Any] = message  # pyright: ignore[reportUnknownVariableType]
    return all(isinstance(one, dict) and "role" in one and not _calls(one) for one in messages)  # pyright: ignore[reportUnknownArgumentType]


def _calls(message: Any) -> bool:
    parts: Any = message.get("parts") or message.get("content") or ()
    return bool(message.get("tool_calls") or message.get("function_call") or parts)


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
        # A message without text is represented by its calls.
