"""A text that was not recorded is no text: no step may be said to repeat it."""

import pytest

from fleetglass_detectors.loops.judge import judge
from fleetglass_detectors.loops.look import look
from fleetglass_detectors.loops.null import Null
from fleetglass_detectors.loops.step import Step
from fleetglass_detectors.loops.words import spoken

SECOND_NS = 1_000_000_000
MARKS = ("", "  ", "__REDACTED__", "[REDACTED]", "<redacted>", '"***hidden***"', "{redacted}")


def steps(kind: str, *, asked: str = "", answered: str = "", count: int = 40) -> list[Step]:
    return [
        Step(
            span_id=f"{place:016x}",
            start_ns=place * SECOND_NS,
            end_ns=(place + 1) * SECOND_NS,
            actor="writer",
            kind=kind,
            tool="" if kind == "llm" else "search_orders",
            asked=asked,
            answered=answered,
            tokens=100,
        )
        for place in range(count)
    ]


@pytest.mark.parametrize("text", MARKS)
@pytest.mark.parametrize("kind", ["llm", "tool"])
def test_steps_without_texts_repeat_nothing(kind: str, text: str) -> None:
    assert judge(steps(kind, asked=text, answered=text)) == []


@pytest.mark.parametrize("kind", ["llm", "tool"])
def test_the_same_steps_with_texts_do_repeat(kind: str) -> None:
    assert judge(steps(kind, asked="Where is order 17?", answered="I look for order 17 again."))


def test_model_and_tool_calls_in_turn_without_texts_repeat_nothing() -> None:
    both = zip(steps("llm"), steps("tool"), strict=True)
    mixed = [step for pair in both for step in pair]

    assert judge(mixed) == []


def test_failures_without_texts_are_no_loop() -> None:
    failed = [
        Step(
            span_id=step.span_id,
            start_ns=step.start_ns,
            end_ns=step.end_ns,
            actor=step.actor,
            kind=step.kind,
            tool=step.tool,
            failed=True,
        )
        for step in steps("tool")
    ]

    assert judge(failed) == []


def test_what_was_learnt_from_runs_with_texts_says_nothing_of_runs_without() -> None:
    healthy = [
        [look(step) for step in steps("llm", answered=f"Answer {run}.", count=8)]
        for run in range(40)
    ]

    assert judge(steps("llm"), null=Null().fit(healthy)) == []


def test_messages_without_contents_are_no_text() -> None:
    assert spoken('[{"role": "assistant", "parts": [], "finish_reason": "stop"}]') == ""
    assert spoken('[{"role": "assistant"}]') == ""


CALLS = [
    '[{"role": "assistant", "parts": [{"type": "tool_call", "name": "search", "arguments": {}}]}]',
    '[{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "search"}}]}]',
]


@pytest.mark.parametrize("text", CALLS)
def test_a_message_that_only_calls_stays_a_call(text: str) -> None:
    assert spoken(text) == text
    assert look(steps("llm", answered=spoken(text), count=1)[0]).call


def test_json_that_a_model_wrote_is_its_text() -> None:
    assert spoken('{"total": 5}') == '{"total": 5}'
    assert spoken('[{"total": 5}]') == '[{"total": 5}]'
