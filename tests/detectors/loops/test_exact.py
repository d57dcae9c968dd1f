import json
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.looping_steps import HEALTHY, called, different_calls, looks, said

from fleetglass_detectors.loops import exact
from fleetglass_detectors.loops.step import Finding, Step


def first_found(steps: list[Step]) -> tuple[int, Finding] | None:
    seen = looks(steps)
    for end in range(1, len(seen) + 1):
        if found := exact.find(seen[:end]):
            return end, found
    return None


@pytest.mark.parametrize("period", range(1, 9))
def test_a_cycle_of_any_period_is_found_when_it_was_gone_through_three_times(period: int) -> None:
    before = [called("read_file", {"path": f"{at}.txt"}, f"text {at}") for at in range(5)]

    found = first_found(before + different_calls(period) * 6)

    assert found is not None
    end, finding = found
    assert end == 5 + 3 * period
    assert (finding.period, finding.first, finding.repeats) == (period, 5, 3.0)
    assert not finding.critical


def test_five_times_are_worth_stopping_for() -> None:
    finding = exact.find(looks(different_calls(2) * 5))

    assert finding is not None
    assert finding.critical


@given(st.integers(1, 8), st.lists(st.uuids(), min_size=32, max_size=32))
def test_fresh_ids_and_times_hide_no_cycle(period: int, ids: list[uuid.UUID]) -> None:
    def again(step: Step, turn: int) -> Step:
        asked = {"request_id": str(ids[turn]), **json.loads(step.asked), "attempt": turn}
        return called(step.tool, asked, f"2026-01-01T00:00:{turn:02}Z {step.answered} {ids[-turn]}")

    cycle = different_calls(period)

    assert first_found([again(step, turn) for turn in range(4) for step in cycle])


def test_what_a_model_says_between_its_calls_does_not_hide_their_cycle() -> None:
    (call,) = different_calls(1)

    steps = [step for at in range(4) for step in (said(f"Thought {at} of its own"), call)]

    assert first_found(steps)


def test_an_agent_at_work_beside_it_does_not_hide_a_cycle() -> None:
    (call,) = different_calls(1)
    beside = [called("read_file", {"path": f"{at}"}, f"text {at}", actor="b") for at in range(4)]

    assert first_found([step for other in beside for step in (call, other)])


def test_three_agents_that_hand_the_same_on_are_found() -> None:
    ring = [called("delegate", {"task": "the report"}, "no result", actor=name) for name in "abc"]

    assert first_found(ring * 4)


def test_a_model_that_says_the_same_again_is_found_if_nothing_else_is_done() -> None:
    assert first_found([said("I will now look at the file.")] * 3)


def test_a_model_that_says_the_same_before_each_new_call_works_on() -> None:
    calls = different_calls(12)

    assert not first_found([step for call in calls for step in (said("Next one."), call)])


def test_the_same_question_with_outcomes_that_come_back_is_found_later() -> None:
    steps = [called("read_sensor", {"at": "roof"}, f"{['high', 'low'][at % 2]}") for at in range(9)]

    found = first_found(steps)

    assert found is not None
    assert found[0] == 6


def test_waiting_may_take_long_but_not_for_ever() -> None:
    waits = [called("get_job_status", {"job": 7}, "pending")] * 12

    found = first_found(waits)

    assert found is not None
    assert found[0] == exact.PATIENCE[0]


def test_steps_without_contents_say_nothing() -> None:
    bare = replace(called("web_search"), asked="")

    assert not first_found([bare] * 40)
    assert not first_found([replace(bare, failed=True)] * 40)
    assert not first_found([called("page_down")] * 40)
    assert not first_found([said("")] * 40)


@pytest.mark.parametrize("name", HEALTHY)
def test_work_that_gets_somewhere_is_no_cycle(name: str) -> None:
    assert not first_found(HEALTHY[name])


def test_no_steps_are_no_cycle() -> None:
    assert exact.find([]) is None
