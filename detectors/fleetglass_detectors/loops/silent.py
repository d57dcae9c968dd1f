"""Detects open runs that do nothing: their heartbeats stopped, or they make no more steps.

A heartbeat says that an agent's span is open and its process alive. When it stops before the span
has ended, the process died or hangs. When it goes on while the run does nothing for far longer than
runs of that agent ever did, the run is stuck: waiting for an answer that will not come.

    silent     no heartbeat for 3 times the longest pause between its heartbeats, and for a minute
    stuck      no step for 5 times the longest pause in the agent's runs that ended, and for ten
               minutes; only where 20 of its runs have ended

Many runs that fall silent together have one cause, most often the network: that is one signal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Literal, cast

import numpy as np

from fleetglass_detectors.detector import State
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import AGENT, HEARTBEAT_KIND, STEP_KINDS, Batch, Rows

SECOND_NS = 1_000_000_000
LOOK_EVERY_NS = 5 * SECOND_NS
SHORTEST_SILENCE_NS = 60 * SECOND_NS
SHORTEST_PAUSE_NS = 600 * SECOND_NS
# After an hour somebody knows of it, or it does not matter.
FORGET_NS = 3600 * SECOND_NS
BEATS, PAUSES = 3, 5
ENOUGH_RUNS = 20
# This many at once, and half of all open runs: the cause is not in the runs.
TOGETHER = 5
MOST_OPEN, MOST_AGENTS = 1_000_000, 100_000


@dataclass(slots=True)
class Open:
    """An agent span that has not ended, as far as its heartbeats show."""

    run: int
    agent: int
    segment: int
    beat_span: int
    heard_ns: int
    """When its last heartbeat arrived, by our clock. The other times are by its own clock."""
    beat_ns: int
    step_ns: int
    cadence_ns: int = 0
    longest_ns: int = 0
    reported: str = ""
    """What was reported of it, if anything."""


# `dataclasses.astuple` copies deeply, which would take longer than all the rest of a checkpoint.
VALUES = attrgetter(*(field.name for field in fields(Open)))


class Silent:
    name = "silent"
    by: Literal["run"] = "run"

    def __init__(self) -> None:
        self._open: dict[int, Open] = {}
        # Spans that ended. A heartbeat that arrives after the end must not open them again.
        self._ended: dict[int, None] = {}
        # By agent: how many runs ended, and their longest pause.
        self._pauses: dict[int, tuple[int, int]] = {}
        self._look_ns = 0

    def keys(self) -> int:
        return len({one.run for one in self._open.values()})

    def update(self, batch: Batch) -> Iterable[Signal]:
        rows = batch.rows
        for beat in rows[rows["kind"] == HEARTBEAT_KIND]:
            self._beat(beat, batch.now_ns)
        if self._open:
            self._step(rows[np.isin(rows["kind"], STEP_KINDS)])
        for span in rows["span"][rows["kind"] == AGENT].tolist():
            self._end(span)
        if batch.now_ns < self._look_ns:
            return ()
        self._look_ns = batch.now_ns + LOOK_EVERY_NS
        return self._silent(batch.now_ns)

    def state(self) -> State:
        held: dict[str, Any] = {
            "open": {span: VALUES(one) for span, one in self._open.items()},
            "ended": [*self._ended],
            "pauses": self._pauses.copy(),
            "look_ns": self._look_ns,
        }
        return held

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self._open = {span: Open(*values) for span, values in held["open"].items()}
        self._ended = dict.fromkeys(held["ended"])
        self._pauses = held["pauses"].copy()
        self._look_ns = held["look_ns"]

    def _beat(self, beat: Any, now_ns: int) -> None:
        span, at_ns = int(beat["parent"]), int(beat["start_ns"])
        if not span or span in self._ended:
            return
        # Put back at the end, so that those silent for longest are dropped first.
        one = self._open.pop(span, None) or Open(
            run=int(beat["run"]),
            agent=int(beat["agent"]),
            segment=int(beat["segment"]),
            beat_span=int(beat["span"]),
            heard_ns=now_ns,
            beat_ns=at_ns,
            step_ns=at_ns,
        )
        self._open[span] = one
        if at_ns > one.beat_ns:
            one.cadence_ns = max(one.cadence_ns, at_ns - one.beat_ns)
            one.beat_ns, one.beat_span = at_ns, int(beat["span"])
            one.segment = int(beat["segment"])
        if one.heard_ns < now_ns:
            one.heard_ns = now_ns
            one.reported = one.reported if one.reported == "stuck" else ""
        if len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]

    def _step(self, steps: Rows) -> None:
        """Count a step of a run as activity of all its open agents."""
        runs, place = np.unique(steps["run"], return_inverse=True)
        latest = np.full(len(runs), np.iinfo(np.int64).min)
        np.maximum.at(latest, place, steps["end_ns"])
        moved = dict(zip(runs.tolist(), latest.tolist(), strict=True))
        for one in self._open.values():
            at_ns = moved.get(one.run)
            if at_ns is not None and at_ns > one.step_ns:
                one.longest_ns = max(one.longest_ns, at_ns - one.step_ns)
                one.step_ns = at_ns
                one.reported = "" if one.reported == "stuck" else one.reported

    def _end(self, span: int) -> None:
        self._ended[span] = None
        if len(self._ended) > MOST_OPEN:
            del self._ended[next(iter(self._ended))]
        one = self._open.pop(span, None)
        # Runs that were reported are not learnt from.
        if one is not None and not one.reported:
            count, longest = self._pauses.pop(one.agent, (0, 0))
            self._pauses[one.agent] = (count + 1, max(longest, one.longest_ns))
            if len(self._pauses) > MOST_AGENTS:
                del self._pauses[next(iter(self._pauses))]

    def _silent(self, now_ns: int) -> Iterator[Signal]:
        for span in [s for s, one in self._open.items() if now_ns - one.heard_ns > FORGET_NS]:
            del self._open[span]
        silent = {span: one for span, one in self._open.items() if _is_silent(one, now_ns)}
        new = {span: one for span, one in silent.items() if not one.reported}
        if len(new) >= TOGETHER and 2 * len(silent) >= len(self._open):
            for one in new.values():
                one.reported = "with others"
            first = next(iter(new.values()))
            first.reported = (
                f"{len(new)} of {len(self._open)} open runs stopped sending heartbeats together"
            )
        for one in new.values():
            one.reported = one.reported or "silent"
        for span, one in self._open.items():
            if not one.reported and self._is_stuck(one):
                one.reported = "stuck"
            if one.reported and one.reported != "with others":
                yield _signal(span, one, now_ns)

    def _is_stuck(self, one: Open) -> bool:
        count, longest = self._pauses.get(one.agent, (0, 0))
        pause = one.beat_ns - one.step_ns
        return count >= ENOUGH_RUNS and pause > max(PAUSES * longest, SHORTEST_PAUSE_NS)


def _is_silent(one: Open, now_ns: int) -> bool:
    return now_ns - one.heard_ns > max(BEATS * one.cadence_ns, SHORTEST_SILENCE_NS)


def _signal(span: int, one: Open, now_ns: int) -> Signal:
    words = {
        "silent": f"still open, but no heartbeat for {(now_ns - one.heard_ns) // SECOND_NS} s",
        "stuck": f"alive, but no step for {(one.beat_ns - one.step_ns) // SECOND_NS} s",
    }
    return Signal(
        family="silence",
        detector=Silent.name,
        kind=one.reported if one.reported in words else "silent together",
        level=Level.WARNING,
        run=one.run,
        segment=one.segment,
        last=one.beat_span,
        span=span,
        at_ns=one.beat_ns,
        first_ns=one.step_ns,
        score=1.0,
        summary=words.get(one.reported, one.reported),
    )
