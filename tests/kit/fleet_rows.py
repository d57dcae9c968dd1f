"""Spans as detectors get them, made by hand."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from fleetglass_detectors.loops.step import Step
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import AGENT, HEARTBEAT_KIND, LLM, SPAN, TOOL, Batch, Keys, Rows

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


WORDS: dict[int, Step] = {}
"""What was asked and answered in the steps that were made, by their spans."""


def read_words(keys: Keys, segments: Keys) -> Iterator[tuple[int, Step]]:
    """The steps of these spans with their words, as a database would find them."""
    return ((key, WORDS[key]) for key in keys.tolist() if key in WORDS)


def steps(
    words: Iterable[str], *, run: int = 1, begin: int = 0, kind: int = TOOL, every_s: float = 1.0
) -> Rows:
    """A step a word: `a` is asked `a` and answers the same as ever, `a?` answers anew each time."""
    words = [*words]
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
    for one, word in zip(rows, words, strict=True):
        WORDS[int(one["span"][0])] = _step(one[0], word)
    return np.concatenate(rows) if rows else np.empty(0, SPAN)


def _step(one: Any, word: str) -> Step:
    moves_on = f" {one['span']}" if word.endswith("?") else ""
    return Step(
        span_id=f"{one['span']:016x}",
        start_ns=int(one["start_ns"]),
        end_ns=int(one["end_ns"]),
        actor="a",
        kind="llm" if one["kind"] == LLM else "tool",
        tool=word[:1],
        asked=f'{{"query": "{word.rstrip("?")}"}}',
        answered=f"what was found of {word}{moves_on}",
    )


def whole_run(words: Iterable[str], *, run: int = 1, ended: bool = False) -> Rows:
    """Steps under an agent's span, which told by a heartbeat that it began."""
    agent = 5_000_000_000 + run
    begun = {"run": run, "start_ns": START}
    rows = [row(**begun, span=agent + 1, parent=agent, kind=HEARTBEAT_KIND, tokens=0)]
    rows.append(steps(words, run=run))
    rows[1]["parent"] = agent
    if ended:
        rows.append(row(**begun, span=agent, kind=AGENT, end_ns=int(rows[1]["end_ns"].max())))
    return np.concatenate(rows)


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
