"""Keeps the last steps of each run, for millions of runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.detector import State
from fleetglass_detectors.spans import Keys, Rows

MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The kept steps of the runs in a batch, run by run, each in order of time."""

    run: Keys
    steps: NDArray[np.void]

    def keep(self, which: NDArray[np.bool_]) -> "Gathered":
        return Gathered(run=self.run[which], steps=self.steps[which])

    def of(self, run: int) -> slice:
        key = np.uint64(run)
        start = int(np.searchsorted(self.run, key, "left"))
        return slice(start, int(np.searchsorted(self.run, key, "right")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The kept fields of a span: `span`, `start_ns`, and the others that a detector needs."""

    type: np.dtype[np.void]
    pack: Callable[[Rows], NDArray[np.void]]
    """Packs the rows of `kinds`."""
    kinds: NDArray[np.uint8]
    ties: tuple[str, ...] = ()
    """The fields that decide the order of steps that began in the same millisecond."""


class Windows:
    """Keeps the last `length` spans of each run; beyond `most` spans, it drops the oldest runs."""

    def __init__(self, kept: Kept, *, length: int, most: int) -> None:
        self._what = kept
        self._length = length
        self._most = most
        self._kept: dict[int, bytes] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, rows: Rows) -> Gathered:
        """Add spans; return the windows of their runs, before they are cut to length."""
        rows = rows[np.isin(rows["kind"], self._what.kinds)]
        runs = np.unique(rows["run"])
        # Bytes instead of arrays: a million small arrays would take twice the memory, and bytes
        # join without a copy of each.
        held = [self._kept.pop(run, b"") for run in runs.tolist()]
        lengths = [len(window) // self._what.type.itemsize for window in held]
        before = np.frombuffer(b"".join(held), self._what.type)
        run = np.concatenate((np.repeat(runs, lengths), rows["run"]))
        gathered = self._in_order(run, np.concatenate((before, self._what.pack(rows))))
        self._bytes -= before.nbytes
        self._keep(gathered)
        return gathered

    def state(self) -> State:
        return self._kept.copy()

    def restore(self, state: State) -> None:
        self._kept = cast(dict[int, bytes], state).copy()
        self._bytes = sum(map(len, self._kept.values()))

    def _keep(self, gathered: Gathered) -> None:
        runs, starts = np.unique(gathered.run, return_index=True)
        ends = np.append(starts[1:], len(gathered.run))[: len(runs)]
        starts = np.maximum(starts, ends - self._length)
        packed, size = gathered.steps.tobytes(), self._what.type.itemsize
        for run, start, end in zip(runs.tolist(), starts.tolist(), ends.tolist(), strict=True):
            self._kept[run] = packed[start * size : end * size]
            self._bytes += (end - start) * size
        while self._bytes > self._most * size:
            # The dict has the runs in the order in which they were last seen.
            self._bytes -= len(self._kept.pop(next(iter(self._kept))))

    def _in_order(self, run: Keys, steps: NDArray[np.void]) -> Gathered:
        # Within a millisecond the order of arrival is arbitrary, so these fields decide.
        ties = [steps[name] for name in reversed(self._what.ties)]
        order = np.lexsort((steps["span"], *ties, steps["start_ns"] // MS, run))
        run, steps = run[order], steps[order]
        again = np.zeros(len(run), np.bool_)
        again[1:] = (run[1:] == run[:-1]) & (steps["span"][1:] == steps["span"][:-1])
        return Gathered(run=run[~again], steps=steps[~again])
