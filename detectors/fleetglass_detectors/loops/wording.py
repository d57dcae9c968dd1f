"""Detects loops whose wording changes each time, which fingerprints cannot show.

It reads questions and answers, but only of runs in which the same sort of step occurs again and
again. The features of a step are kept while there is room; later they are computed again from the
database if needed.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.detector import State
from fleetglass_detectors.loops import cycle, judge
from fleetglass_detectors.loops.look import Look, look
from fleetglass_detectors.loops.null import Null
from fleetglass_detectors.loops.step import Finding, Step
from fleetglass_detectors.loops.streams import WINDOW
from fleetglass_detectors.loops.windows import Gathered, Kept, Windows
from fleetglass_detectors.signal import Cycles, Level, Signal
from fleetglass_detectors.spans import AGENT, HANDOFF, LLM, RETRIEVAL, TOOL, Batch, Keys, Rows

AGAIN, LONG = 3, 1000
"""So many calls of one tool, or answers of a model that no call came of, or an answer of so many
tokens, before a run's words are looked at."""
RUNS_AT_ONCE = 500
MOST_LOOKS = 100_000

PLACE = np.dtype(
    [("span", "<u8"), ("start_ns", "<i8"), ("segment", "<u8"), ("sort", "<u8"), ("long", "u1")]
)


def _packed(rows: Rows) -> NDArray[np.void]:
    places = np.empty(len(rows), PLACE)
    for name in ("span", "start_ns", "segment"):
        places[name] = rows[name]
    places["long"] = rows["written"] >= LONG
    # A model's answers are of no sort: a call that comes of one tells more.
    places["sort"] = np.where(rows["kind"] == LLM, 0, rows["tool"])
    return places


KEPT = Kept(type=PLACE, pack=_packed, kinds=np.array([LLM, TOOL, RETRIEVAL, HANDOFF], np.uint8))

Reader = Callable[[Keys, Keys], Iterable[tuple[int, Step]]]
"""Reads steps by their keys and the segments that they arrived in."""

Report = tuple[int, int, int, tuple[int, ...], int]
"""The span that made it certain, the time of that, when the loop began, its first cycle and the
digest of that."""


class Wording:
    name = "wording"
    by: Literal["run"] = "run"

    def __init__(
        self,
        read: Reader,
        *,
        most: int = 8_000_000,
        patience_s: float = float("inf"),
        skipped: Callable[[int], None] = lambda _: None,
        learns: bool = False,
    ) -> None:
        """Take at most `patience_s` for one batch; the runs left over wait for their next step.

        If it `learns`, it also compares steps with those of the same role in healthy runs.
        """
        self._null = Null() if learns else None
        self._steps = read
        self._patience_s = patience_s
        self._skipped = skipped
        self._windows = Windows(KEPT, length=WINDOW, most=most)
        self._looks: dict[int, dict[int, Look]] = {}
        self._count = 0
        self._reported: dict[tuple[int, str, str], Report] = {}

    def keys(self) -> int:
        return len(self._windows)

    def update(self, batch: Batch) -> Iterable[Signal]:
        gathered = self._windows.add(batch.rows)
        fresh = np.isin(gathered.steps["span"], batch.rows["span"])
        suspects = _suspects(gathered)
        until = time.monotonic() + self._patience_s
        for done, start in enumerate(range(0, len(suspects), RUNS_AT_ONCE)):
            if done and time.monotonic() > until:
                self._skipped(len(suspects) - start)
                break
            yield from self._judge(gathered, fresh, suspects[start : start + RUNS_AT_ONCE])
        self._learn(batch.rows, until)
        self._forget()

    def state(self) -> State:
        null = self._null.state() if self._null else None
        return {"windows": self._windows.state(), "reported": self._reported.copy(), "null": null}

    def restore(self, state: State) -> None:
        self._windows.restore(state["windows"])
        self._reported = state["reported"].copy()
        if self._null and state["null"]:
            self._null.restore(state["null"])

    def _judge(
        self, gathered: Gathered, fresh: NDArray[np.bool_], runs: Sequence[int]
    ) -> Iterator[Signal]:
        inside = [gathered.of(run) for run in runs]
        self._read(gathered, inside)
        for run, part in zip(runs, inside, strict=True):
            looks = self._looks.get(run, {})
            keys = gathered.steps["span"][part]
            places = [place for place, key in enumerate(keys.tolist()) if key in looks]
            # As the layers want them: by when they ended.
            places.sort(key=lambda place: _when(looks[int(keys[place])]))
            steps = gathered.steps[part][places]
            # A step that comes late may complete a loop of steps that were judged without it.
            since_first_new = np.maximum.accumulate(fresh[part][places])
            judged = since_first_new & _suspicious(steps)
            yield from self._found(run, [looks[int(key)] for key in steps["span"]], (steps, judged))

    def _found(
        self,
        run: int,
        looks: Sequence[Look],
        which: tuple[NDArray[np.void], NDArray[np.bool_]],
    ) -> Iterator[Signal]:
        steps, judged = which
        for last in np.flatnonzero(judged).tolist():
            start = max(0, last + 1 - WINDOW)
            for finding in judge.at(looks[start : last + 1], null=self._null):
                yield self._signal(run, finding, looks[start:], steps[start:])

    def _read(self, gathered: Gathered, inside: Sequence[slice]) -> None:
        """Read the steps that were not read yet."""
        missing: list[int] = []
        for part in inside:
            known = self._looks.setdefault(int(gathered.run[part.start]), {})
            keys = gathered.steps["span"][part].tolist()
            missing += [part.start + n for n, key in enumerate(keys) if key not in known]
        steps = gathered.steps[missing]
        runs = dict(zip(steps["span"].tolist(), gathered.run[missing].tolist(), strict=True))
        for key, step in self._steps(steps["span"], steps["segment"]):
            self._looks[runs[key]][key] = look(step)
            self._count += 1

    def _learn(self, rows: Rows, until: float) -> None:
        """Learn from runs that are over and had no finding."""
        if self._null is None:
            return
        reported = {run for run, _, _ in self._reported}
        for run in rows["run"][(rows["kind"] == AGENT) & (rows["parent"] == 0)].tolist():
            if run in self._looks and run not in reported and time.monotonic() < until:
                self._null.learn(sorted(self._looks[run].values(), key=_when))

    def _signal(
        self, run: int, finding: Finding, window: Sequence[Look], places: NDArray[np.void]
    ) -> Signal:
        stream = [*finding.places]
        keys, asks = places["span"][stream], [window[place].ask for place in stream]
        level = Level.CRITICAL if finding.critical else Level.WARNING
        first, last = window[finding.first].step, window[finding.last].step
        period = finding.period
        begun = (tuple(keys[:period].tolist()), cycle.digest(asks[:period]))
        key = (run, finding.kind, str(level))
        report = (int(keys[-1]), last.end_ns, first.start_ns, *begun)
        report = self._reported[key] = self._reported.pop(key, report)
        span, at_ns, first_ns, first_cycle, like = report
        latest = keys[cycle.last_whole(asks, period, like=like)]
        pace = (last.start_ns - first.start_ns) / max(1.0, finding.repeats - 1) / 1e9
        return Signal(
            family="loop",
            detector=self.name,
            kind=finding.kind,
            level=level,
            run=run,
            segment=int(places["segment"][finding.last]),
            last=int(keys[-1]),
            span=span,
            at_ns=at_ns,
            first_ns=first_ns,
            score=finding.score,
            summary=finding.summary,
            cycles=Cycles(first=first_cycle, last=tuple(latest.tolist()), every_s=pace),
            evidence={"period": finding.period, "rounds": int(finding.repeats)},
        )

    def _forget(self) -> None:
        while len(self._reported) > MOST_LOOKS:
            del self._reported[next(iter(self._reported))]
        while self._count > MOST_LOOKS:
            self._count -= len(self._looks.pop(next(iter(self._looks))))


def _suspects(gathered: Gathered) -> list[int]:
    """Return the runs whose texts should be compared, those with most repeated calls first."""
    if not len(gathered.run):
        return []
    sort = gathered.steps["sort"].copy()
    # What is followed by a call, or by nothing yet, counts by that.
    called = np.append((sort[1:] != 0) | (gathered.run[1:] != gathered.run[:-1]), True)
    alone = (sort == 0) & ~called
    counted = (sort != 0) | alone
    sorts = np.stack((gathered.run[counted], sort[counted]), axis=1)
    pairs, count = np.unique(sorts, axis=0, return_counts=True)
    # The last of a row of answers is followed by nothing.
    count = count + (pairs[:, 1] == 0)
    enough = count >= AGAIN
    order = np.argsort(-count[enough], kind="stable")
    long = gathered.run[gathered.steps["long"] > 0]
    return list(dict.fromkeys([*pairs[enough][order, 0].tolist(), *long.tolist()]))


def _suspicious(steps: NDArray[np.void]) -> NDArray[np.bool_]:
    """Mark the steps from which on the texts of a run should be compared."""
    count: dict[int, int] = {}
    before = -1
    for place, (sort, long) in enumerate(zip(steps["sort"], steps["long"], strict=True)):
        if sort or before == 0:
            count[sort] = count.get(sort, 1 if sort == 0 else 0) + 1
        if long or count.get(sort, 0) >= AGAIN:
            return np.arange(len(steps)) >= place
        before = int(sort)
    return np.zeros(len(steps), np.bool_)


def _when(looked: Look) -> tuple[int, int, str]:
    return looked.step.end_ns, looked.step.start_ns, looked.step.span_id
