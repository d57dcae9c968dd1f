"""Words are looked at where something may be wrong, and only there."""

from collections.abc import Iterator

import numpy as np
import pytest
from kit.fleet_rows import WORDS, batch, found, one_by_one, read_words, steps, whole_run

from fleetglass_detectors.loops.step import Step
from fleetglass_detectors.loops.wording import Wording
from fleetglass_detectors.spans import LLM, Keys


class Counted:
    def __init__(self) -> None:
        self.read: list[int] = []

    def __call__(self, keys: Keys, segments: Keys) -> Iterator[tuple[int, Step]]:
        self.read += keys.tolist()
        return read_words(keys, segments)


def test_only_runs_that_do_the_same_again_are_read() -> None:
    read = Counted()
    wording = Wording(read)
    healthy, again = steps("abcdefgh", run=1), steps("aba", run=2)
    list(wording.update(batch(healthy, again)))
    assert read.read == []

    more = steps("a", run=2, begin=3)
    list(wording.update(batch(more)))
    assert sorted(read.read) == sorted([*again["span"], *more["span"]])


def test_what_was_read_is_not_read_again() -> None:
    read = Counted()
    wording = Wording(read)
    rows = steps("a" * 30)
    for part in np.array_split(rows, 10):
        list(wording.update(batch(part)))

    assert sorted(read.read) == sorted(rows["span"].tolist())


def test_a_model_that_is_answered_by_calls_is_left_to_them() -> None:
    read = Counted()
    thoughts, calls = steps("x" * 9, kind=LLM), steps("abcdefghi", begin=100)
    calls["start_ns"] = thoughts["start_ns"] + 500_000_000
    list(Wording(read).update(batch(thoughts, calls)))

    assert read.read == []


def test_runs_that_there_is_no_time_for_are_counted_and_wait() -> None:
    skipped: list[int] = []
    wording = Wording(read_words, patience_s=0, skipped=skipped.append)
    many = [steps("aaa?", run=run) for run in range(1, 1201)]
    list(wording.update(batch(*many)))

    assert sum(skipped) == 700


def test_healthy_runs_are_learnt_from_and_runs_that_were_flagged_are_not() -> None:
    wording = Wording(read_words, learns=True)
    for run in range(1, 6):
        list(wording.update(batch(whole_run(["a1?", "a2?", "a3?", "b"], run=run, ended=True))))
    healthy = wording.state()["null"]["steps"]
    signals = [*wording.update(batch(whole_run("a" * 9, run=9, ended=True)))]

    assert healthy == {("a", "called"): 20}
    assert found(signals)
    assert wording.state()["null"]["steps"] == healthy


@pytest.mark.parametrize("count", [9, 10, 11, 150, 151])
def test_the_last_cycle_is_turned_as_the_first_one(count: int) -> None:
    wording = Wording(read_words)
    calls = steps(["n", *("abc" * 60)[:count]])
    thoughts = steps([f"t{place}" for place in range(count + 1)], begin=1000, kind=LLM)
    thoughts["start_ns"], thoughts["end_ns"] = calls["start_ns"] - 1000, calls["start_ns"] - 500
    rows = np.concatenate([calls, thoughts])
    rows = rows[np.argsort(rows["start_ns"])]
    signals = [s for one in one_by_one(rows) for s in wording.update(one) if s.kind == "exact"]

    cycles = signals[-1].cycles
    assert [WORDS[key].tool for key in cycles.first] == ["a", "b", "c"]
    assert [WORDS[key].tool for key in cycles.last] == ["a", "b", "c"]
    assert isinstance(signals[-1].evidence["rounds"], int)
