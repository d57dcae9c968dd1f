"""What is sent again is left out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from kit.checkpoints import reread, written
from kit.fleet_rows import steps

from fleetglass_detectors.engine.recent import Recent
from fleetglass_detectors.spans import Rows

BATCHES = st.lists(st.lists(st.integers(0, 20), max_size=12), max_size=12)


def spans(keys: list[int]) -> Rows:
    rows = steps("a" * len(keys))
    rows["span"] = keys
    return rows


@given(batches=BATCHES)
def test_each_span_passes_once(batches: list[list[int]]) -> None:
    recent = Recent()
    passed = [key for keys in batches for key in recent.new(spans(keys))["span"].tolist()]

    assert passed == [*dict.fromkeys(key for keys in batches for key in keys)]


@given(batches=BATCHES, cut=st.integers(0, 12))
def test_a_restart_forgets_nothing(batches: list[list[int]], cut: int) -> None:
    never, before, after = Recent(most=5), Recent(most=5), Recent(most=5)
    for keys in batches[:cut]:
        never.new(spans(keys))
        before.new(spans(keys))
    after.restore(reread(before.state()))

    for keys in batches[cut:]:
        assert np.array_equal(never.new(spans(keys)), after.new(spans(keys)))


def test_it_forgets_what_came_long_ago() -> None:
    recent = Recent(most=100)
    for part in range(50):
        recent.new(spans([*range(part * 20, part * 20 + 20)]))

    assert len(written(recent.state())) < 2 * 8 * 130
    assert len(recent.new(spans([*range(900, 1000)]))) == 0
    assert len(recent.new(spans([1, 2, 3]))) == 3
