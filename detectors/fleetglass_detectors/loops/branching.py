"""Runs that branch without end: an agent inside itself again and again, or ever more children.

Recursion: the same agent so many times among the ancestors of one span. Work that is divided nests
a few levels deep; what nests deeper calls itself without getting anywhere.

Fan-out: round after round an agent starts more children than before. A round is what lies under one
span after one of the model's answers there, and rounds of one agent are held against each other,
lest what its children start in turn stands in between. Some may be as large as the one before, none
smaller. A list that is worked through in parallel is one large round, and no growth; numbers that
go up and down do grow for a while by luck, so it is asked how likely that would be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.detector import State
from fleetglass_detectors.loops.windows import Gathered, Kept, Windows
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import (
    AGENT,
    HANDOFF,
    LLM,
    OTHER,
    TOOL,
    WORKFLOW,
    Batch,
    Keys,
    Rows,
)

DEPTHS = {Level.WARNING: 6, Level.CRITICAL: 12}
ROUNDS = {Level.WARNING: 5, Level.CRITICAL: 8}
"""How many sizes of round in growth; each is larger than the last."""
FEWEST_CHILDREN = 6
"""Of the last round; a few more or less are no growth."""
TIMES = 2
"""The last round over the first of those that grew."""
LUCK = 0.02
"""How likely growth may be if the sizes of rounds had come in any order."""
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
    kinds=np.array([AGENT, LLM, TOOL, HANDOFF, WORKFLOW, OTHER], np.uint8),
)


class Branching:
    name = "branching"
    by: Literal["run"] = "run"

    def __init__(self, *, length: int = 256, most: int = 4_000_000) -> None:
        self._windows = Windows(KEPT, length=length, most=most)
        self._length = length
        self._told: dict[tuple[int, str, str], tuple[int, int]] = {}

    def keys(self) -> int:
        return len(self._windows)

    def update(self, batch: Batch) -> Iterable[Signal]:
        gathered = self._windows.add(batch.rows)
        parent = _parents(gathered)
        yield from self._recursions(gathered, parent)
        yield from self._fan_outs(gathered, parent)
        while len(self._told) > 100_000:
            del self._told[next(iter(self._told))]

    def state(self) -> State:
        return {"windows": self._windows.state(), "told": self._told.copy()}

    def restore(self, state: State) -> None:
        held = cast(dict[str, State], state)
        self._windows.restore(held["windows"])
        self._told = cast(dict[tuple[int, str, str], tuple[int, int]], held["told"]).copy()

    def _recursions(self, gathered: Gathered, parent: NDArray[np.int64]) -> Iterator[Signal]:
        depth = depths(gathered, parent)
        for level, deep in DEPTHS.items():
            for run, at in _first_of_each(gathered.run, depth >= deep):
                most = int(depth[gathered.of(run)].max())
                words = f"the same agent {most} times inside itself"
                yield self._signal(gathered, at, ("recursion", level), words, most / deep)

    def _fan_outs(self, gathered: Gathered, parent: NDArray[np.int64]) -> Iterator[Signal]:
        rounds = rounds_of(gathered, parent).whole(gathered.run, self._length)
        for level, sizes in ROUNDS.items():
            for at, counts in growing(rounds, sizes):
                listed = ", ".join(map(str, counts))
                words = f"rounds start ever more: {listed}"
                score = counts[-1] / counts[0] / TIMES
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


def depths(gathered: Gathered, parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each agent's span how often that agent stands in the line from it upwards."""
    nodes = gathered.steps
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Children that were started together: by run, then by who starts them, then by time."""

    run: Keys
    starter: Keys
    begun: NDArray[np.int64]
    """Where the first child is."""
    size: NDArray[np.int64]

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Rounds":
        begun, size = self.begun[which], self.size[which]
        return Rounds(run=self.run[which], starter=self.starter[which], begun=begun, size=size)

    def in_order(self) -> "Rounds":
        return self.take(np.lexsort((self.begun, self.starter, self.run)))

    def again(self) -> NDArray[np.bool_]:
        """Whether each round has the same starter as the one before it."""
        same = np.zeros(len(self.run), np.bool_)
        same[1:] = (self.run[1:] == self.run[:-1]) & (self.starter[1:] == self.starter[:-1])
        return same

    def pooled(self) -> "Rounds":
        """Those who start one round only are taken for one: their spans may be an agent's turns."""
        alone = ~self.again()
        alone[:-1] &= alone[1:]
        starter = np.where(alone, np.uint64(0), self.starter)
        return replace(self, starter=starter).in_order()

    def whole(self, run: Keys, length: int) -> "Rounds":
        """Without what may have been cut: each starter's first round, where a window is full."""
        runs, counts = np.unique(run, return_counts=True)
        return self.take(~np.isin(self.run, runs[counts >= length]) | self.again())


def rounds_of(gathered: Gathered, parent: NDArray[np.int64]) -> Rounds:
    nodes, run = gathered.steps, gathered.run
    child = np.isin(nodes["kind"], CHILDREN) & (nodes["parent"] != 0)
    places = np.flatnonzero(child | (nodes["kind"] == LLM))
    siblings = places[np.lexsort((places, nodes["parent"][places], run[places]))]
    above = nodes["parent"][siblings]
    # A round ends where the model is asked again beside it, or the children have another parent.
    new = nodes["kind"][siblings] == LLM
    new[1:] |= (above[1:] != above[:-1]) | (run[siblings][1:] != run[siblings][:-1])
    number, siblings = np.cumsum(new)[child[siblings]], siblings[child[siblings]]
    _, first, size = np.unique(number, return_index=True, return_counts=True)
    begun = siblings[first]
    starter = _starters(nodes, parent, begun)
    return Rounds(run=run[begun], starter=starter, begun=begun, size=size).in_order().pooled()


def _starters(nodes: NDArray[np.void], parent: NDArray[np.int64], top: NDArray[np.int64]) -> Keys:
    """Which agent each of some spans is nearest below, or what sort of span, if it was no agent's.

    Agents by name, so that one that is called again goes on where it was. One that has not ended
    is not known yet, but its id is.
    """
    started = np.isin(nodes["kind"], CHILDREN)
    for _ in range(DEEPEST):
        between = (parent[top] >= 0) & ~started[parent[top]]
        if not between.any():
            break
        top = np.where(between, parent[top], top)
    named = np.where(nodes["kind"] == AGENT, nodes["agent"], nodes["kind"])
    starter: Keys = np.where(parent[top] >= 0, named[parent[top]], nodes["parent"][top])
    return starter


def growing(rounds: Rounds, sizes: int) -> Iterator[tuple[int, list[int]]]:
    """Where rounds in a row grew through so many sizes, by more than luck; and those sizes."""
    size, same, at = rounds.size, rounds.again(), np.arange(len(rounds.size))
    up, down = np.zeros_like(same), np.zeros_like(same)
    up[1:], down[1:] = size[1:] > size[:-1], size[1:] < size[:-1]
    first, low = _last(~same), _last(~same | down)
    level = _last(~same | down | up)
    rises = np.cumsum(up & same)
    grown = rises - rises[low] + 1
    # Of all orders of these sizes, the share in which none is smaller than the one before.
    logs = np.cumsum(np.log(at - level + 1) - np.log(at - low + 1))
    luck = logs - logs[low] + np.log(low - first + 1)
    large = (size >= FEWEST_CHILDREN) & (size >= TIMES * size[low])
    for end in _first_in_time(rounds, (grown >= sizes) & large & (luck <= np.log(LUCK))):
        yield int(rounds.begun[end]), np.unique(size[low[end] : end + 1]).tolist()


def _last(which: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each place the last one up to it that is marked."""
    at = np.arange(len(which))
    return np.maximum.accumulate(np.where(which, at, 0))


def _first_in_time(rounds: Rounds, which: NDArray[np.bool_]) -> Iterator[int]:
    places = np.flatnonzero(which)
    places = places[np.argsort(rounds.begun[places], kind="stable")]
    _, first = np.unique(rounds.run[places], return_index=True)
    yield from places[first].tolist()


def _first_of_each(run: NDArray[np.uint64], which: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    places = np.flatnonzero(which)
    runs, first = np.unique(run[places], return_index=True)
    return zip(runs.tolist(), places[first].tolist(), strict=True)
