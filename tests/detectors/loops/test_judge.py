from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.looping_steps import (
    HEALTHY,
    called,
    different_calls,
    editing_and_testing,
    in_time,
    looks,
    said,
)

from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.judge import LAYERS, at, judge, verdict
from fleetglass_detectors.loops.look import look
from fleetglass_detectors.loops.step import Step

odd = ["{}", "NaN", '{"a": NaN}', "null", "[[", "\x00", "é" * 99, "1e999", '{"a": 1e999}']
texts = st.text(max_size=200) | st.sampled_from(odd)
any_step = st.builds(
    Step,
    span_id=st.text(max_size=4),
    start_ns=st.integers(0, 2**63),
    end_ns=st.integers(0, 2**63),
    actor=st.sampled_from(["", "a", "b"]),
    kind=st.sampled_from(["tool", "retrieval", "llm"]),
    tool=st.sampled_from(["", "read", "write", "poll"]),
    asked=texts,
    answered=texts,
    tokens=st.integers(0, 9999),
    failed=st.booleans(),
)


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_work_is_no_incident(name: str) -> None:
    assert not verdict(judge(in_time(HEALTHY[name])))


@pytest.mark.parametrize("period", range(1, 9))
def test_a_loop_of_any_period_is_an_incident(period: int) -> None:
    assert verdict(judge(in_time(different_calls(period) * 3)))


def test_failing_at_one_thing_is_an_incident_whatever_is_looked_at_in_between() -> None:
    broken = called("page_down", {"": ""}, failed=True)
    steps = [step for other in different_calls(3) for step in (broken, other)]

    findings = {finding.kind: finding for finding in judge(in_time(steps))}

    assert findings["failing"].repeats == 3.0
    assert findings["failing"].first == 0


def test_failing_again_after_a_change_is_another_attempt() -> None:
    assert not judge(in_time(editing_and_testing(rounds=4)))


def test_failures_whose_questions_were_not_recorded_say_nothing() -> None:
    bare = Step(span_id="", start_ns=0, end_ns=0, actor="a", kind="tool", tool="t", failed=True)

    assert not judge(in_time([bare] * 9))


def test_a_loop_is_reported_once_and_as_far_as_it_went() -> None:
    findings = judge(in_time(different_calls(2) * 9))

    (cycle,) = [finding for finding in findings if finding.kind == "exact"]
    assert (cycle.first, cycle.last, cycle.repeats) == (0, 17, 9.0)


def test_the_order_of_arrival_does_not_matter() -> None:
    steps = in_time(different_calls(3) * 4)
    late = Random(1).sample(steps, len(steps))

    assert judge(late) == judge(steps)


def test_places_count_from_the_beginning_of_long_runs() -> None:
    before = [called("read_file", {"path": f"{n}.txt"}, f"{n * 7919:b} lines") for n in range(300)]

    findings = judge(in_time(before + different_calls(1) * 4))

    assert {finding.first for finding in findings} == {300}


@settings(max_examples=50)
@given(st.lists(any_step, max_size=12))
def test_any_steps_can_be_judged(steps: list[Step]) -> None:
    for finding in judge(steps):
        assert 0 <= finding.first <= finding.last < len(steps)
        assert finding.score >= 1.0


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("bit", ["a", "1 ", '{"', "\x00", "0.0,"])
def test_huge_texts_leave_small_looks(layer: str, bit: str) -> None:
    step = look(in_time([said(bit * 200_000)])[0])
    window = [step] * streams.WINDOW

    LAYERS[layer](window)

    assert step.vector.nbytes + step.back.nbytes + step.marks.nbytes + step.words.nbytes <= 2048
    assert not step.step.answered


def test_a_finding_quotes_nothing_of_what_was_said() -> None:
    secret = "hunter2"
    steps = [
        called("read_file", {"path": secret}, secret),
        said(f"{secret} is the word. " * 30),
    ] * 6

    assert all(secret not in finding.summary for finding in judge(in_time(steps)))


def test_judging_leaves_the_window_as_it_is() -> None:
    window = looks(different_calls(2) * 4)
    before = [np.copy(step.vector) for step in window]

    assert at(window) == at(window)
    assert all(np.array_equal(was, step.vector) for was, step in zip(before, window, strict=True))
