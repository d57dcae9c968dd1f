"""Runs that branch without end: an agent inside itself again and again, or ever more children.

Recursion: the same agent so many times among the ancestors of one span. Work that is divided nests
a few levels deep; what nests deeper calls itself without getting anywhere.

Fan-out: round after round, each a span with children, starts more children than the one before. A
list that is worked through in parallel is one large round, and no growth.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.detector import State
from fleetglass_detectors.loops.windows import Gathered, Kept, Windows
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import (
    AGENT,
    HANDOFF,
    OTHER,
    TOOL,
    WORKFLOW,
    Batch,
    Rows,
)

DEPTHS = {Level.WARNING: 6, Level.CRITICAL: 12}
ROUNDS = {Level.WARNING: 5, Level.CRITICAL: 8}
FEWEST_CHILDREN = 6
"""Of the last round; a few more or less are no growth."""
DEEPEST = 64
CHILDREN = (AGENT, TOOL, HANDOFF)

NODE = np.dtype(
    [
        ("span", "<u8"),
        ("parent", "<u8"),
        ("start_ns", "<i8"),
        ("segment", "<u8"),
        ("agent", "<u8"),
        ("kind", "u1"),
    ]
)


def _packed(rows: Rows) -> NDArray[np.void]:
    nodes = np.empty(len(rows), NODE)
    for name in NODE.names or ():
        nodes[name] = rows[name]
    return nodes


KEPT = Kept(
    type=NODE,
    pack=_packed,
    kinds=np.array([AGENT, TOOL, HANDOFF, WORKFLOW, OTHER], np.uint8),
)


class Branching:
    name = "branching"
    by: Literal["run"] = "run"

    def __init__(self, *, length: int = 256, most: int = 4_000_000) -> None:
        self._windows = Windows(KEPT, length=length, most=most)
        self._told: dict[tuple[int, str, str], tuple[int, int]] = {}

    def keys(self) -> int:
        return len(self._windows)

    def update(self, batch: Batch) -> Iterable[Signal]:
        gathered = self._windows.add(batch.rows)
        yield from self._recursions(gathered)
        yield from self._fan_outs(gathered)
        while len(self._told) > 100_000:
            del self._told[next(iter(self._told))]

    def state(self) -> State:
        return {"windows": self._windows.state(), "told": self._told.copy()}

    def restore(self, state: State) -> None:
        held = cast(dict[str, State], state)
        self._windows.restore(held["windows"])
        self._told = cast(dict[tuple[int, str, str], tuple[int, int]], held["told"]).copy()

    def _recursions(self, gathered: Gathered) -> Iterator[Signal]:
        depth = depths(gathered)
        for level, deep in DEPTHS.items():
            for run, at in _first_of_each(gathered.run, depth >= deep):
                most = int(depth[gathered.of(run)].max())
                words = f"the same agent {most} times inside itself"
                yield self._signal(gathered, at, ("recursion", level), words, most / deep)

    def _fan_outs(self, gathered: Gathered) -> Iterator[Signal]:
        for level, rounds in ROUNDS.items():
            for at, counts in growing(gathered, rounds):
                listed = ", ".join(map(str, counts))
                words = f"each round starts more than the one before: {listed}"
                score = counts[-1] / max(1, counts[0]) / 2
                yield self._signal(gathered, at, ("fan-out", level), words, score)

    def _signal(
        self, gathered: Gathered, at: int, what: tuple[str, Level], words: str, score: float
    ) -> Signal:
        (kind, level), run, node = what, int(gathered.run[at]), gathered.steps[at]
        first = int(gathered.steps["start_ns"][gathered.of(run)][0])
        key = (run, kind, str(level))
        at_ns, first_ns = self._told[key] = self._told.pop(key, (int(node["start_ns"]), first))
        return Signal(
            family="loop",
            detector=self.name,
            kind=kind,
            level=level,
            run=run,
            segment=int(node["segment"]),
            last=int(node["span"]),
            # Which span shows it first depends on which arrived first; the run does not.
            span=0,
            at_ns=at_ns,
            first_ns=first_ns,
            score=score,
            summary=words,
        )


def depths(gathered: Gathered) -> NDArray[np.int64]:
    """For each agent's span how often that agent stands in the line from it upwards."""
    nodes, parent = gathered.steps, _parents(gathered)
    is_agent = nodes["kind"] == AGENT
    depth: NDArray[np.int64] = is_agent.astype(np.int64)
    above = parent.copy()
    for _ in range(DEEPEST):
        if not (above >= 0).any():
            break
        same = (above >= 0) & is_agent & is_agent[above]
        depth += same & (nodes["agent"][above] == nodes["agent"])
        above = np.where(above >= 0, parent[above], -1)
    return depth


def _parents(gathered: Gathered) -> NDArray[np.int64]:
    """Where each span's parent is; -1 where it is not known, or the line upwards is a circle."""
    nodes, count = gathered.steps, len(gathered.run)
    if not count:
        return np.empty(0, np.int64)
    by_span = np.argsort(nodes["span"], kind="stable")
    place = np.searchsorted(nodes["span"], nodes["parent"], sorter=by_span)
    parent = by_span[np.minimum(place, count - 1)]
    known = (nodes["span"][parent] == nodes["parent"]) & (gathered.run[parent] == gathered.run)
    parent = np.where(known & (nodes["parent"] != 0), parent, -1)
    # After that many doublings every line has ended that ever does.
    jump = parent
    for _ in range(count.bit_length()):
        jump = np.where(jump >= 0, jump[jump], -1)
    return np.where(jump >= 0, -1, parent)


def growing(gathered: Gathered, rounds: int) -> Iterator[tuple[int, list[int]]]:
    """Where `rounds` rounds in a row each had more children than the one before."""
    nodes = gathered.steps
    child = np.isin(nodes["kind"], CHILDREN) & (nodes["parent"] != 0)
    keys = np.stack((gathered.run[child], nodes["parent"][child]), axis=1)
    if len(keys) < rounds * (rounds + 1) // 2:
        return
    places = np.flatnonzero(child)
    _, first, count = np.unique(keys, axis=0, return_index=True, return_counts=True)
    # Rounds in the order in which they began.
    order = np.argsort(places[first], kind="stable")
    begun, count = places[first][order], count[order]
    run = gathered.run[begun]
    more = np.zeros(len(run), np.bool_)
    more[1:] = (run[1:] == run[:-1]) & (count[1:] > count[:-1])
    at = np.arange(len(run))
    row = at - np.maximum.accumulate(np.where(more, -1, at))
    wanted = (row >= rounds - 1) & (count >= FEWEST_CHILDREN)
    for _, end in _first_of_each(run, wanted):
        yield int(begun[end]), count[end - rounds + 1 : end + 1].tolist()


def _first_of_each(run: NDArray[np.uint64], which: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    places = np.flatnonzero(which)
    runs, first = np.unique(run[places], return_index=True)
    return zip(runs.tolist(), places[first].tolist(), strict=True)
