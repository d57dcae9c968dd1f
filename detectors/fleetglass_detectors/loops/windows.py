"""The last things that each run did, for runs by the million."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.detector import State
from fleetglass_detectors.spans import AGENT, HANDOFF, LLM, RETRIEVAL, TOOL, Keys, Rows

# What is kept of a step. `target` is who or what was asked: a tool, or another agent.
STEP = np.dtype(
    [
        ("span", "<u8"),
        ("start_ns", "<i8"),
        ("segment", "<u8"),
        ("agent", "<u8"),
        ("target", "<u8"),
        ("asked", "<u8"),
        ("answered", "<u8"),
        ("kind", "u1"),
    ]
)
KEPT_KINDS = np.array([LLM, TOOL, RETRIEVAL, AGENT, HANDOFF], np.uint8)
MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The steps of the runs that a batch touched, run by run, each in order of time."""

    run: Keys
    steps: NDArray[np.void]


class Windows:
    """Of each run the last `length` steps; beyond `most` in all, the runs unseen longest go."""

    def __init__(self, *, length: int = 64, most: int = 8_000_000) -> None:
        self._length = length
        self._most = most
        self._kept: dict[int, bytes] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, rows: Rows) -> Gathered:
        rows = rows[np.isin(rows["kind"], KEPT_KINDS)]
        runs = np.unique(rows["run"])
        # Bytes and not arrays: a million small arrays would weigh as much again, and these join
        # into one without a copy each.
        held = [self._kept.pop(run, b"") for run in runs.tolist()]
        lengths = [len(window) // STEP.itemsize for window in held]
        before = np.frombuffer(b"".join(held), STEP)
        run = np.concatenate((np.repeat(runs, lengths), rows["run"]))
        gathered = _in_order(run, np.concatenate((before, _packed(rows))))
        self._bytes -= before.nbytes
        self._keep(gathered)
        return gathered

    def state(self) -> State:
        return cast(State, self._kept.copy())

    def restore(self, state: State) -> None:
        self._kept = cast(dict[int, bytes], state).copy()
        self._bytes = sum(map(len, self._kept.values()))

    def _keep(self, gathered: Gathered) -> None:
        runs, starts = np.unique(gathered.run, return_index=True)
        ends = np.append(starts[1:], len(gathered.run))[: len(runs)]
        starts = np.maximum(starts, ends - self._length)
        packed, size = gathered.steps.tobytes(), STEP.itemsize
        for run, start, end in zip(runs.tolist(), starts.tolist(), ends.tolist(), strict=True):
            self._kept[run] = packed[start * size : end * size]
            self._bytes += (end - start) * size
        while self._bytes > self._most * size:
            # A dict remembers the order in which runs were last seen.
            self._bytes -= len(self._kept.pop(next(iter(self._kept))))


def _packed(rows: Rows) -> NDArray[np.void]:
    steps = np.empty(len(rows), STEP)
    for name in ("span", "start_ns", "segment", "agent", "asked", "answered", "kind"):
        steps[name] = rows[name]
    hands_on = np.isin(rows["kind"], (AGENT, HANDOFF))
    steps["target"] = np.where(hands_on & (rows["tool"] == 0), rows["agent"], rows["tool"])
    # Who hands on is the caller, where that is known.
    steps["agent"] = np.where(hands_on & (rows["caller"] != 0), rows["caller"], rows["agent"])
    return steps


def _in_order(run: Keys, steps: NDArray[np.void]) -> Gathered:
    # Within a millisecond the order is arbitrary, so what was done decides.
    time = steps["start_ns"] // MS
    order = np.lexsort((steps["span"], steps["asked"], steps["target"], time, run))
    run, steps = run[order], steps[order]
    again = np.zeros(len(run), np.bool_)
    again[1:] = (run[1:] == run[:-1]) & (steps["span"][1:] == steps["span"][:-1])
    return Gathered(run=run[~again], steps=steps[~again])
