"""Runs that branch without end are found; work that is divided is left alone."""

import pytest
from kit.fleet_rows import SECOND, START, batch, row

from fleetglass_detectors.loops.branching import Branching
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import AGENT, LLM, TOOL, Rows


def said(*rows: Rows) -> list[Signal]:
    return [*Branching().update(batch(*rows))]


def nested(depth: int, *, agents: int = 1, between: bool = True) -> list[Rows]:
    """Agents inside agents, with a tool's span between each two."""
    rows: list[Rows] = []
    for level in range(depth):
        start = START + level * SECOND
        parent = 100 + level if level else 0
        agent = 1 + level % agents
        rows.append(
            row(run=1, span=200 + level, parent=parent, kind=AGENT, agent=agent, start_ns=start)
        )
        if between:
            rows.append(
                row(run=1, span=101 + level, parent=200 + level, kind=TOOL, start_ns=start + 1)
            )
    return rows


def rounds(counts: list[int]) -> list[Rows]:
    """Round after round, so many children each."""
    return [
        row(
            run=1,
            span=1000 * n + child + 1,
            parent=900_000 + n,
            kind=AGENT,
            start_ns=START + n * SECOND,
        )
        for n, count in enumerate(counts)
        for child in range(count)
    ]


@pytest.mark.parametrize(
    ("depth", "levels"),
    [(3, []), (5, []), (6, [Level.WARNING]), (12, [Level.WARNING, Level.CRITICAL])],
)
def test_an_agent_inside_itself(depth: int, levels: list[Level]) -> None:
    signals = said(*nested(depth))

    assert [signal.level for signal in signals] == levels
    assert {signal.kind for signal in signals} <= {"recursion"}


def test_agents_that_differ_are_a_hierarchy() -> None:
    assert said(*nested(12, agents=12)) == []


def test_children_may_come_before_their_parents() -> None:
    rows = nested(8)
    branching = Branching()
    signals = [s for one in reversed(rows) for s in branching.update(batch(one))]

    assert {signal.id for signal in signals} == {signal.id for signal in said(*rows)}
    assert signals


def test_a_thousand_levels_are_no_trouble() -> None:
    assert said(*nested(1000, between=False))


def test_a_span_that_is_its_own_ancestor_does_no_harm() -> None:
    circle = [row(run=1, span=1, parent=2, kind=AGENT), row(run=1, span=2, parent=1, kind=AGENT)]

    assert said(*circle) == []


@pytest.mark.parametrize("counts", [[2, 3, 4, 5, 6], [1, 2, 4, 8, 16], [3, 1, 2, 3, 5, 8]])
def test_ever_more_children_are_found(counts: list[int]) -> None:
    (signal,) = said(*rounds(counts))

    assert signal.kind == "fan-out"
    assert str(counts[-1]) in signal.summary


@pytest.mark.parametrize(
    "counts",
    [
        [500],  # a list that is worked through in parallel
        [8, 8, 8, 8, 8, 8, 8],
        [1, 2, 3, 2, 3, 4],
        [1, 2, 3, 4, 5],  # growth, and of nothing much
        [9, 4, 7, 3, 8, 2],
    ],
)
def test_other_branching_is_work(counts: list[int]) -> None:
    assert said(*rounds(counts)) == []


def under_one_span(counts: list[int], *, workers: bool = False) -> list[Rows]:
    """An agent that asks its model before each round, all of it below the agent's own span.

    With `workers`, each child is a tool behind which an agent asks, and calls a tool of its own.
    """
    rows: list[Rows] = []
    for n, count in enumerate(counts):
        at, span = START + n * SECOND, 10_000 * (n + 1)
        rows.append(row(run=1, span=span, parent=7, kind=LLM, start_ns=at))
        for child in range(span + 1, span + 1 + count):
            begun = {"run": 1, "start_ns": at + SECOND // 2}
            rows.append(row(**begun, span=child, parent=7, kind=TOOL))
            if workers:
                worker = child + 1000
                rows.append(row(**begun, span=worker, parent=child, kind=AGENT, agent=8))
                rows.append(row(**begun, span=child + 2000, parent=worker, kind=LLM, agent=8))
                rows.append(row(**begun, span=child + 3000, parent=worker, kind=TOOL, agent=8))
    return rows


@pytest.mark.parametrize("workers", [False, True])
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    "counts",
    [
        [2, 3, 4, 5, 6],
        [1, 2, 2, 3, 5, 8],
        [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6],
    ],
)
def test_rounds_under_one_span_grow_however_slowly(
    counts: list[int], ended: bool, workers: bool
) -> None:
    agent = [row(run=1, span=7, kind=AGENT)] if ended else []
    (signal,) = said(*under_one_span(counts, workers=workers), *agent)

    assert (signal.kind, signal.level) == ("fan-out", Level.WARNING)


def test_eight_sizes_are_critical() -> None:
    levels = [signal.level for signal in said(*under_one_span([1, 2, 3, 4, 5, 6, 7, 8]))]

    assert levels == [Level.WARNING, Level.CRITICAL]


@pytest.mark.parametrize("workers", [False, True])
@pytest.mark.parametrize(
    "counts",
    [
        [20] * 20,
        [60],
        [1, 1, 1, 30, 1, 1, 30, 1, 1],
        [9, 4, 7, 3, 8, 2, 5, 1, 9, 6, 9, 1, 2, 4, 6, 9],  # so many numbers grow once by luck
        [20, 21, 22, 23, 24, 25],  # and not to twice as many
    ],
)
def test_rounds_that_do_not_grow_are_work(counts: list[int], workers: bool) -> None:
    assert said(*under_one_span(counts, workers=workers)) == []


def test_rounds_that_were_cut_are_not_small_ones() -> None:
    rows = under_one_span([14] * 18 + [15, 16, 17, 18])
    branching = Branching()

    assert [signal for one in rows for signal in branching.update(batch(one))] == []


def test_what_is_no_child_does_not_count() -> None:
    calls = [row(run=1, span=n + 1, parent=1 + n // 9, kind=LLM) for n in range(100)]

    assert said(*calls) == []
