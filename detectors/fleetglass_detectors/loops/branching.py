"""Detects runs that branch without end: an agent nested in itself, or more and more children.

Recursion: the same agent stands many times among the ancestors of one span. Work that is divided
nests a few levels deep. An agent that nests deeper calls itself without making progress.

Fan-out: round after round, an agent starts more children than before. A round is the children under
one span after one answer of its model. Rounds are compared within one agent, so that the children
of its children do not stand in between. A round may be as large as the one before, but no smaller.
A list that is worked through in parallel is one large round, which is no growth. Sizes that go up
and down can also grow for a while by chance, so the probability of the growth is checked.
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
"""Through how many sizes the rounds must grow, each larger than the one before."""
FEWEST_CHILDREN = 6
"""The least size of the last round: a few children more or less are no growth."""
TIMES = 2
"""How many times larger the last round must be than the first."""
LUCK = 0.02
"""The highest probability that the growth is chance: that the sizes came in random order."""
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
        self._reported: dict[tuple[int, str, str], tuple[int, int]] = {}

    def keys(self) -> int:
        return len(self._windows)

    def update(self, batch: Batch) -> Iterable[Signal]:
        gathered = self._windows.add(batch.rows)
        parent = _parents(gathered)
        yield from self._recursions(gathered, parent)
        yield from self._fan_outs(gathered, parent)
        while len(self._reported) > 100_000:
            del self._reported[next(iter(self._reported))]

    def state(self) -> State:
        return {"windows": self._windows.state(), "reported": self._reported.copy()}

    def restore(self, state: State) -> None:
        saved = cast(dict[str, State], state)
        self._windows.restore(saved["windows"])
        self._reported = cast(dict[tuple[int, str, str], tuple[int, int]], saved["reported"]).copy()

    def _recursions(self, gathered: Gathered, parent: NDArray[np.int64]) -> Iterator[Signal]:
        depth = depths(gathered, parent)
        for level, deep in DEPTHS.items():
            for run, at in _first_of_each(gathered.run, depth >= deep):
                most = int(depth[gathered.of(run)].max())
                words = f"an agent calls itself: it is nested {most} levels deep"
                yield self._signal(gathered, at, ("recursion", level), words, most / deep)

    def _fan_outs(self, gathered: Gathered, parent: NDArray[np.int64]) -> Iterator[Signal]:
        rounds = rounds_of(gathered, parent).whole(gathered.run, self._length)
        for level, sizes in ROUNDS.items():
            for at, counts in growing(rounds, sizes):
                sizes_text = ", ".join(map(str, counts))
                words = f"an agent starts more children each round: {sizes_text}"
                score = counts[-1] / counts[0] / TIMES
                yield self._signal(gathered, at, ("fan-out", level), words, score)

    def _signal(
        self, gathered: Gathered, at: int, what: tuple[str, Level], words: str, score: float
    ) -> Signal:
        (kind, level), run, node = what, int(gathered.run[at]), gathered.steps[at]
        first = int(gathered.steps["start_ns"][gathered.of(run)][0])
        key = (run, kind, str(level))
        at_ns, first_ns = self._reported[key] = self._reported.pop(
            key, (int(node["start_ns"]), first)
        )
        return Signal(
            family="loop",
            detector=self.name,
            kind=kind,
            level=level,
            run=run,
            segment=int(node["segment"]),
            last=int(node["span"]),
            # The first span that shows it depends on the order of arrival; the run does not.
            span=0,
            at_ns=at_ns,
            first_ns=first_ns,
            score=score,
            summary=words,
        )


def depths(gathered: Gathered, parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count, for each agent span, how often its agent stands among it and its ancestors."""
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
    """Return the place of each span's parent: -1 if unknown, or if the ancestors form a circle."""
    nodes, count = gathered.steps, len(gathered.run)
    if not count:
        return np.empty(0, np.int64)
    by_span = np.argsort(nodes["span"], kind="stable")
    place = np.searchsorted(nodes["span"], nodes["parent"], sorter=by_span)
    parent = by_span[np.minimum(place, count - 1)]
    known = (nodes["span"][parent] == nodes["parent"]) & (gathered.run[parent] == gathered.run)
    parent = np.where(known & (nodes["parent"] != 0), parent, -1)
    # After this many doublings every line of ancestors has ended, unless it is a circle.
    jump = parent
    for _ in range(count.bit_length()):
        jump = np.where(jump >= 0, jump[jump], -1)
    return np.where(jump >= 0, -1, parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Children that were started together, ordered by run, then by starter, then by time."""

    run: Keys
    starter: Keys
    begun: NDArray[np.int64]
    """The place of the first child."""
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
        """Join all starters of a single round into one: their spans may be turns of one agent."""
        alone = ~self.again()
        alone[:-1] &= alone[1:]
        starter = np.where(alone, np.uint64(0), self.starter)
        return replace(self, starter=starter).in_order()

    def whole(self, run: Keys, length: int) -> "Rounds":
        """Leave out rounds that may be cut off: each starter's first one, if its window is full."""
        runs, counts = np.unique(run, return_counts=True)
        return self.take(~np.isin(self.run, runs[counts >= length]) | self.again())


def rounds_of(gathered: Gathered, parent: NDArray[np.int64]) -> Rounds:
    nodes, run = gathered.steps, gathered.run
    child = np.isin(nodes["kind"], CHILDREN) & (nodes["parent"] != 0)
    places = np.flatnonzero(child | (nodes["kind"] == LLM))
    siblings = places[np.lexsort((places, nodes["parent"][places], run[places]))]
    above = nodes["parent"][siblings]
    # A round ends where its parent calls the model again, or where the parent changes.
    new = nodes["kind"][siblings] == LLM
    new[1:] |= (above[1:] != above[:-1]) | (run[siblings][1:] != run[siblings][:-1])
    number, siblings = np.cumsum(new)[child[siblings]], siblings[child[siblings]]
    _, first, size = np.unique(number, return_index=True, return_counts=True)
    begun = siblings[first]
    starter = _starters(nodes, parent, begun)
    return Rounds(run=run[begun], starter=starter, begun=begun, size=size).in_order().pooled()


def _starters(nodes: NDArray[np.void], parent: NDArray[np.int64], top: NDArray[np.int64]) -> Keys:
    """Return the nearest agent above each span, or the kind of the span that started it.

    An agent is identified by its name, so that a second call of it continues its rounds. The span
    of an agent that has not ended has not arrived yet; then its id is used.
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
    """Yield where rounds grew through this many sizes by more than chance, and the sizes."""
    size, same, at = rounds.size, rounds.again(), np.arange(len(rounds.size))
    up, down = np.zeros_like(same), np.zeros_like(same)
    up[1:], down[1:] = size[1:] > size[:-1], size[1:] < size[:-1]
    first, low = _last(~same), _last(~same | down)
    level = _last(~same | down | up)
    rises = np.cumsum(up & same)
    grown = rises - rises[low] + 1
    # The share of all orders of these sizes in which no size is smaller than the one before.
    logs = np.cumsum(np.log(at - level + 1) - np.log(at - low + 1))
    luck = logs - logs[low] + np.log(low - first + 1)
    large = (size >= FEWEST_CHILDREN) & (size >= TIMES * size[low])
    for end in _first_in_time(rounds, (grown >= sizes) & large & (luck <= np.log(LUCK))):
        yield int(rounds.begun[end]), np.unique(size[low[end] : end + 1]).tolist()


def _last(which: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return, for each place, the last marked place up to it."""
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
