"""Spans as detectors get them, made by hand."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, TOOL, Batch, Rows

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def steps(
    words: Iterable[str], *, run: int = 1, begin: int = 0, kind: int = TOOL, every_s: float = 1.0
) -> Rows:
    """A step a word: `a` is asked `a` and answers the same as ever, `a?` answers anew each time."""
    rows = [
        row(
            run=run,
            span=run * 1_000_003 + begin + n,
            start_ns=START + int((begin + n) * every_s * SECOND),
            kind=kind,
            asked=number(word.rstrip("?")),
            tool=number(word[:1]),
            answered=number(word + str(begin + n) if word.endswith("?") else word),
        )
        for n, word in enumerate(words)
    ]
    return np.concatenate(rows) if rows else np.empty(0, SPAN)


def row(**values: Any) -> Rows:
    made = np.zeros(1, SPAN)
    given = {"segment": 1, "agent": 7, "tokens": 100.0, "cost": 0.01, "end_ns": 0} | values
    given["end_ns"] = given["end_ns"] or given.get("start_ns", START) + SECOND // 10
    for name, value in given.items():
        made[name] = value
    return made


def number(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little") | 1


def batch(*rows: Rows) -> Batch:
    together = np.concatenate(rows) if rows else np.empty(0, SPAN)
    now = int(together["end_ns"].max()) if len(together) else START
    return Batch(rows=together, now_ns=now)


def one_by_one(rows: Rows) -> list[Batch]:
    now = START
    batches: list[Batch] = []
    for n in range(len(rows)):
        now = max(now, int(rows["end_ns"][n]))
        batches.append(Batch(rows=rows[n : n + 1], now_ns=now))
    return batches


def found(signals: Sequence[Signal]) -> set[tuple[str, str, int, int]]:
    """What was found, however often it was said."""
    return {(s.detector, str(s.level), s.run, s.span) for s in signals}
