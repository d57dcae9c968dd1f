"""Runs that branch without end are found; work that is divided is left alone."""

import pytest
from fleet_rows import SECOND, START, batch, row

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


def test_what_is_no_child_does_not_count() -> None:
    calls = [row(run=1, span=n + 1, parent=1 + n // 9, kind=LLM) for n in range(100)]

    assert said(*calls) == []
