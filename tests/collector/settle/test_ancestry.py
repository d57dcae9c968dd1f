"""Pointer doubling finds the same ancestors as walking up."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.settle import ancestry


@st.composite
def forests(draw: st.DrawFn) -> tuple[list[int], list[bool]]:
    """Make parents, some missing, some on cycles, and a mask."""
    size = draw(st.integers(1, 24))
    parent = draw(st.lists(st.integers(-1, size - 1), min_size=size, max_size=size))
    mask = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return parent, mask


def upwards(parent: list[int], start: int) -> Iterator[int]:
    """Return the ancestors from the nearest, each once, without the span itself."""
    seen = {start}
    here = parent[start]
    while here >= 0 and here not in seen:
        seen.add(here)
        yield here
        here = parent[here]


def arrays(
    parent: list[int], mask: list[bool]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    return np.array(parent, np.int64), np.array(mask, np.bool_)


@given(forests())
def test_nearest_is_the_first_on_the_way_up(forest: tuple[list[int], list[bool]]) -> None:
    parent, mask = forest
    found = ancestry.nearest(*arrays(parent, mask))

    walked = [next((a for a in upwards(parent, i) if mask[a]), -1) for i in range(len(parent))]
    assert found.tolist() == walked


@given(forests())
def test_the_top_is_the_last_on_the_way_up(forest: tuple[list[int], list[bool]]) -> None:
    parent, mask = forest
    found = ancestry.top(arrays(parent, mask)[0])

    lasts = [[i, *upwards(parent, i)][-1] for i in range(len(parent))]
    assert found.tolist() == [last if parent[last] < 0 else -1 for last in lasts]


@given(forests())
def test_above_marks_every_span_on_the_way_up(forest: tuple[list[int], list[bool]]) -> None:
    parent, mask = forest
    found = ancestry.above(*arrays(parent, mask))

    passed = {a for i in range(len(parent)) if mask[i] for a in upwards(parent, i)}
    on_circles = {i for i in range(len(parent)) if mask[i] and _returns(parent, i)}
    assert set(np.flatnonzero(found).tolist()) == passed | on_circles


def _returns(parent: list[int], start: int) -> bool:
    return parent[[start, *upwards(parent, start)][-1]] == start


@given(
    st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=12),
    st.lists(st.integers(0, 2**64 - 1), max_size=12),
    st.data(),
)
def test_parents_are_found_by_their_keys(
    keys: list[int], others: list[int], data: st.DataObject
) -> None:
    known = st.sampled_from(keys) if keys else st.nothing()
    wanted = data.draw(st.lists(st.one_of(known, st.sampled_from([0, *others])), max_size=12))

    found = ancestry.parents(np.array(keys, np.uint64), np.array(wanted, np.uint64))

    assert found.tolist() == [keys.index(key) if key in keys else -1 for key in wanted]


def test_a_chain_of_a_million_is_resolved() -> None:
    parent = np.arange(1_000_000) - 1
    first = parent < 0

    assert (ancestry.top(parent) == 0).all()
    assert (ancestry.nearest(parent, first)[1:] == 0).all()
    assert ancestry.above(parent, parent == 999_998)[:-1].all()


def test_an_empty_forest_has_no_ancestors() -> None:
    nothing = np.zeros(0, np.int64)

    assert not len(ancestry.nearest(nothing, nothing > 0))
    assert not len(ancestry.top(nothing))
    assert not len(ancestry.above(nothing, nothing > 0))
