"""How runs are read: in parts that fit into memory, each text once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.autonomy.reading import MOST_STEPS, STEPS_AT_ONCE, Heard, parts_of


@given(st.lists(st.integers(1, 1500), max_size=40))
def test_parts_have_all_runs_in_order_and_few_steps(sizes: list[int]) -> None:
    runs: list[list[dict[str, Any]]] = [[{"run": n}] * size for n, size in enumerate(sizes)]
    parts = [*parts_of(runs)]

    assert [run for part in parts for run in part] == runs
    for part in parts:
        assert sum(min(len(run), MOST_STEPS) for run in part) <= STEPS_AT_ONCE


def test_what_a_model_is_told_again_is_one_text_from_when_it_was_first_told() -> None:
    heard = Heard()
    for at in (30, 10, 20):
        heard.add(at, "pay the bill", "read_file")
    heard.add(40, "pay the bill", "")

    assert [(text.at_ns, text.source) for text in heard.texts] == [(10, "read_file"), (40, "")]
