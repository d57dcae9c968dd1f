"""Runs that are far longer or more expensive than any of their agent's runs were.

For each agent the steps, the seconds and the tokens of the runs that it began, as logarithms. From
the last 128 of them follows the level that so few runs would exceed as false pages are allowed in
the whole fleet (alarms/allowance.py, alarms/tails.py), and a run that is open is held against twice
that. From what is flagged nothing is learnt, and until 50 runs have ended nothing is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from fleetglass_detectors.alarms.allowance import FLEET, Allowance
from fleetglass_detectors.alarms.tails import level
from fleetglass_detectors.detector import State
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import AGENT, STEP_KINDS, Batch, Rows

MEASURES = ("steps", "seconds", "tokens")
LEAST = (20.0, 300.0, 50_000.0)
"""What is less is nobody's trouble, however short the agent's runs are otherwise."""
ENOUGH_RUNS, KEPT_RUNS = 50, 128
# Tails may be heavier than what follows from so few.
MARGIN = 2.0
# The shortest time over which it is counted how many runs there are.
HOUR_S, DAY_S = 3600.0, 86_400.0
MOST_RUNS, MOST_AGENTS = 1_000_000, 100_000

FAMILY = "caps"

Totals = tuple[float, float, float, int, int]
"""Steps, tokens, worst share of a cap so far, and when it was first and last seen."""
NOTHING: Totals = (0.0, 0.0, 0.0, 2**63 - 1, 0)


class Caps:
    name = "caps"
    by: Literal["run"] = "run"

    def __init__(self, allowance: Allowance = FLEET) -> None:
        self._allowance = allowance
        # How many runs have ended, and when the first and the last of them did.
        self._ended = (0, 0, 0)
        self._runs: dict[int, Totals] = {}
        self._past: dict[int, bytes] = {}
        self._caps: dict[int, tuple[float, ...]] = {}

    def keys(self) -> int:
        return len(self._runs)

    def update(self, batch: Batch) -> Iterable[Signal]:
        rows = batch.rows
        steps = rows[np.isin(rows["kind"], STEP_KINDS)]
        if len(steps):
            yield from self._count(steps)
        # A run is over when the agent that began it is.
        roots = rows[(rows["kind"] == AGENT) & (rows["parent"] == 0)]
        if len(roots):
            count, first, _ = self._ended
            self._ended = (count + len(roots), first or batch.now_ns, batch.now_ns)
        for run, agent in zip(roots["run"].tolist(), roots["agent"].tolist(), strict=True):
            self._end(run, agent)

    def state(self) -> State:
        return {"runs": self._runs.copy(), "past": self._past.copy(), "ended": self._ended}

    def restore(self, state: State) -> None:
        self._runs, self._past = state["runs"].copy(), state["past"].copy()
        self._ended = state["ended"]
        self._caps = {agent: self._of(_table(past)) for agent, past in self._past.items()}

    def _count(self, steps: Rows) -> Iterator[Signal]:
        runs, first, place = np.unique(steps["run"], return_index=True, return_inverse=True)
        count = np.bincount(place)
        tokens = np.bincount(place, np.nan_to_num(np.clip(steps["tokens"], 0, 1e12)))
        began = np.full(len(runs), np.iinfo(np.int64).max)
        ended = np.zeros(len(runs), np.int64)
        np.minimum.at(began, place, steps["start_ns"])
        np.maximum.at(ended, place, steps["end_ns"])
        columns = (runs, count, tokens, began, ended, first)
        for run, *more, at in zip(*(column.tolist() for column in columns), strict=True):
            if signal := self._grown(run, more, steps[at]):
                yield signal

    def _grown(self, run: int, more: Sequence[Any], step: Any) -> Signal | None:
        steps, tokens, worst, began, ended = self._runs.pop(run, NOTHING)
        now = (steps + more[0], tokens + more[1], min(began, more[2]), max(ended, more[3]))
        # Held against the runs that this agent began, if it ever did.
        caps = self._caps.get(int(step["agent"]))
        used = zip(_measured(now), caps or (), strict=False)
        shares = [value / cap for value, cap in used]
        share = max(shares, default=0.0)
        self._runs[run] = (now[0], now[1], max(worst, share), now[2], now[3])
        if len(self._runs) > MOST_RUNS:
            del self._runs[next(iter(self._runs))]
        return _signal(run, MEASURES[shares.index(share)], now, share, step) if share > 1 else None

    def _end(self, run: int, agent: int) -> None:
        steps, tokens, worst, began, ended = self._runs.pop(run, NOTHING)
        if not steps or worst > 1:
            return
        measured = np.log1p(np.array(_measured((steps, tokens, began, ended))))
        past = self._past.pop(agent, b"") + measured.tobytes()
        self._past[agent] = past = past[-measured.nbytes * KEPT_RUNS :]
        self._caps[agent] = self._of(_table(past))
        if len(self._past) > MOST_AGENTS:
            gone = next(iter(self._past))
            del self._past[gone]
            self._caps.pop(gone, None)

    def _of(self, past: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, ...]:
        if len(past) < ENOUGH_RUNS:
            return ()
        count, first_ns, last_ns = self._ended
        days = max((last_ns - first_ns) / 1e9, HOUR_S) / DAY_S
        exceeded = self._allowance.per_run(FAMILY, runs_per_day=max(count, 1) / days)
        levels = [level(past[:, n], exceeded=exceeded / len(MEASURES)) for n in (0, 1, 2)]
        return tuple(
            max(MARGIN * float(np.expm1(min(top, 40.0))), least)
            for top, least in zip(levels, LEAST, strict=True)
        )


def _measured(now: tuple[float, float, int, int]) -> tuple[float, float, float]:
    steps, tokens, began, ended = now
    return steps, max(0, ended - began) / 1e9, tokens


def _table(past: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.frombuffer(past, np.float64).reshape(-1, len(MEASURES))


def _signal(
    run: int, measure: str, now: tuple[float, float, int, int], share: float, step: Any
) -> Signal:
    value = _measured(now)[MEASURES.index(measure)]
    return Signal(
        family="excess",
        detector=Caps.name,
        kind=f"many {measure}",
        level=Level.WARNING,
        run=run,
        segment=int(step["segment"]),
        last=int(step["span"]),
        # Which step was one too many depends on which arrived first; that there was one does not.
        span=0,
        at_ns=now[3],
        first_ns=now[2],
        score=share,
        summary=f"{value:,.0f} {measure}, and this agent's runs have {value / share:,.0f} at most",
        evidence={"measure": measure, "value": value, "cap": value / share},
    )
