"""Detects exact repeats: each step equals the step one period before it, again and again.

Let h be the fingerprint of (tool or agent, question, outcome). A run of matches at lag p

    c_p = c_p + 1 if h_t == h_{t-p} else 0

is `c_p / p + 1` rounds of a cycle of p steps. Fingerprints cannot tell waiting from looping,
so cycles of one or two steps must repeat ten times and longer ones five times. `wording`, which
reads the texts, reports sooner. This detector looks at all runs, always.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.detector import State
from fleetglass_detectors.loops.cycle import digest, last_whole
from fleetglass_detectors.loops.windows import Gathered, Kept, Windows
from fleetglass_detectors.signal import Cycles, Level, Signal
from fleetglass_detectors.spans import AGENT, HANDOFF, LLM, RETRIEVAL, TOOL, Batch, Rows

PERIODS = range(1, 9)
SHORT = 2
"""Polling has one step (ask) or two (ask, wait). A longer exact cycle is not polling."""
ROUNDS = {Level.WARNING: (10, 5), Level.CRITICAL: (20, 10)}
COMPARED = ("caller", "target", "asked", "answered")
VIEWS = {
    "tool calls": (TOOL, RETRIEVAL),
    "answers of the model": (LLM,),
    "handoffs between agents": (AGENT, HANDOFF),
}
"""Each is checked by itself: a model may word its thoughts anew and repeat the same tool call."""


# `target` is who or what was asked: a tool, or another agent.
STEP = np.dtype(
    [
        ("span", "<u8"),
        ("start_ns", "<i8"),
        ("segment", "<u8"),
        ("caller", "<u8"),
        ("target", "<u8"),
        ("asked", "<u8"),
        ("answered", "<u8"),
        ("kind", "u1"),
    ]
)


def _packed(rows: Rows) -> NDArray[np.void]:
    steps = np.empty(len(rows), STEP)
    for name in ("span", "start_ns", "segment", "asked", "answered", "kind"):
        steps[name] = rows[name]
    hands_on = np.isin(rows["kind"], VIEWS["handoffs between agents"])
    steps["target"] = np.where(hands_on & (rows["tool"] == 0), rows["agent"], rows["tool"])
    # The caller of a tool may become known late, so it is left out; repeats are equal anyway.
    steps["caller"] = np.where(hands_on, rows["caller"], 0)
    return steps


KEPT = Kept(
    type=STEP,
    pack=_packed,
    kinds=np.array([kind for kinds in VIEWS.values() for kind in kinds], np.uint8),
    ties=("target", "asked"),
)

Report = tuple[int, int, int, tuple[int, ...], int]
"""The span that made it certain, the time of that, when the loop began, its first cycle and the
digest of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Where a cycle had repeated often enough to report, and how often it has by now."""

    level: Level
    period: int
    certain: int
    """The step that made it certain."""
    last: int
    """The last step of it so far."""
    rounds: int


class Lag:
    name = "lag"
    by: Literal["run"] = "run"

    def __init__(self, *, length: int = 128, most: int = 8_000_000) -> None:
        self._length = length
        self._windows = Windows(KEPT, length=length, most=most)
        # Kept, so that a report stays the same after the first steps leave the window.
        self._reported: dict[tuple[int, str, str], Report] = {}

    def keys(self) -> int:
        return len(self._windows)

    def update(self, batch: Batch) -> Iterable[Signal]:
        gathered = self._windows.add(batch.rows)
        for view, kinds in VIEWS.items():
            which = np.isin(gathered.steps["kind"], kinds)
            some = gathered.keep(which)
            for cycle in cycles(some):
                if signal := self._signal(some, view, cycle):
                    yield signal
        self._forget()

    def state(self) -> State:
        return {"windows": self._windows.state(), "reported": self._reported.copy()}

    def restore(self, state: State) -> None:
        saved = cast(dict[str, State], state)
        self._windows.restore(saved["windows"])
        self._reported = cast(dict[tuple[int, str, str], Report], saved["reported"]).copy()

    def _signal(self, some: Gathered, view: str, cycle: Cycle) -> Signal | None:
        run, last = int(some.run[cycle.certain]), some.steps[cycle.last]
        key = (run, view, str(cycle.level))
        goes_on = (
            cycle.last == len(some.run) - 1 or some.run[cycle.last + 1] != some.run[cycle.last]
        )
        if key in self._reported and not goes_on:
            return None
        # Taken out and put back, so that the oldest report comes first and is dropped first.
        report = self._reported.pop(key, None) or _report(some, cycle)
        self._reported[key] = report
        span, at_ns, first_ns, first_cycle, like = report
        return Signal(
            family="loop",
            detector=self.name,
            kind="exact",
            level=cycle.level,
            run=run,
            segment=int(last["segment"]),
            last=int(last["span"]),
            span=span,
            at_ns=at_ns,
            first_ns=first_ns,
            score=cycle.rounds / _wanted(Level.WARNING, cycle.period),
            summary=(
                f"repeats the same {_counted(cycle.period, view)} {self._times(cycle)} in a row"
            ),
            cycles=Cycles(
                first=first_cycle, last=_latest(some, cycle, like), every_s=_pace(some, cycle)
            ),
            evidence={"period": cycle.period, "rounds": cycle.rounds, "view": view},
        )

    def _times(self, cycle: Cycle) -> str:
        # Steps beyond the window cannot be counted.
        full = (cycle.rounds + 1) * cycle.period > self._length
        return f"{'more than ' if full else ''}{cycle.rounds} times"

    def _forget(self) -> None:
        while len(self._reported) > 100_000:
            del self._reported[next(iter(self._reported))]


def cycles(some: Gathered) -> Iterator[Cycle]:
    """Yield, for each run and level, the first cycle that repeated often enough."""
    matches = {period: _matches(some, period) for period in PERIODS}
    for level in ROUNDS:
        needed = {period: (_wanted(level, period) - 1) * period for period in PERIODS}
        # At equal steps the shorter period comes first, since its multiples repeat too.
        begun = sorted(
            (place, period)
            for period, count in matches.items()
            for place in np.flatnonzero(count == needed[period]).tolist()
        )
        firsts: dict[int, tuple[int, int]] = {}
        for place, period in begun:
            firsts.setdefault(int(some.run[place]), (place, period))
        for run, (certain, period) in firsts.items():
            inside = some.of(run)
            enough = matches[period][inside] >= needed[period]
            last = inside.start + int(np.flatnonzero(enough)[-1])
            rounds = int(matches[period][last]) // period + 1
            yield Cycle(level=level, period=period, certain=certain, last=last, rounds=rounds)


def _wanted(level: Level, period: int) -> int:
    return ROUNDS[level][period > SHORT]


def _report(some: Gathered, cycle: Cycle) -> Report:
    first = cycle.certain - _wanted(cycle.level, cycle.period) * cycle.period + 1
    begun, now = some.steps[first : first + cycle.period], some.steps[cycle.certain]
    times = (int(now["start_ns"]), int(begun["start_ns"][0]))
    return (int(now["span"]), *times, tuple(begun["span"].tolist()), digest(_told_apart(begun)))


def _latest(some: Gathered, cycle: Cycle, like: int) -> tuple[int, ...]:
    """Return the spans of the last whole cycle, in the order of the first one."""
    steps = some.steps[cycle.last + 2 - 2 * cycle.period : cycle.last + 1]
    return tuple(steps["span"][last_whole(_told_apart(steps), cycle.period, like=like)].tolist())


def _told_apart(steps: NDArray[np.void]) -> list[tuple[int, ...]]:
    return [*zip(*(steps[name].tolist() for name in COMPARED), strict=True)]


def _matches(some: Gathered, period: int) -> NDArray[np.int64]:
    """Count, for each step, how many in a row up to it equal the step one period before."""
    count = len(some.run)
    steps = some.steps
    same = np.zeros(count, np.bool_)
    if count > period:
        same[period:] = some.run[period:] == some.run[:-period]
        for name in COMPARED:
            same[period:] &= steps[name][period:] == steps[name][:-period]
        # Without recorded content, steps cannot be said to repeat.
        same &= (steps["asked"] != 0) | (steps["answered"] != 0)
    at = np.arange(count)
    broken = np.maximum.accumulate(np.where(same, -1, at)) if count else at
    return at - broken


def _pace(some: Gathered, cycle: Cycle) -> float:
    """Seconds from one round to the next."""
    latest = cycle.last - cycle.period + 1
    first = latest - (cycle.rounds - 1) * cycle.period
    times = some.steps["start_ns"]
    return (float(times[latest]) - float(times[first])) / (cycle.rounds - 1) / 1e9


def _counted(period: int, view: str) -> str:
    return view if period == 1 else f"{period} {view}"
