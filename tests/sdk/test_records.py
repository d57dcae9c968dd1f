"""Records that an author makes by explicit calls, and questions to a fleet in memory."""

import pytest

import fleetglass
from fleetglass import ConfigurationError
from fleetglass.testing import Fleet, recording


def test_a_model_call_has_all_its_attributes(fleet: Fleet) -> None:
    with fleetglass.run("a"), fleetglass.llm_call("gpt-5", provider="openai") as call:
        call.input([{"role": "user", "content": "hi"}])
        call.usage(input=100, output=20, cache_read=40, reasoning=5, cost=0.01)
        call.output("hello", finish_reason="stop", model="gpt-5-2026", id="r1")

    attributes = dict(fleet.spans()[0].attributes)
    assert {name: attributes[name] for name in attributes if "gen_ai.a" not in name} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.provider.name": "openai",
        "gen_ai.input.messages": '[{"role": "user", "content": "hi"}]',
        "gen_ai.output.messages": "hello",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "gen_ai.usage.cost": 0.01,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.model": "gpt-5-2026",
        "gen_ai.response.id": "r1",
        "fleetglass.kind": "llm",
        "fleetglass.run.id": f"{1:032x}",
    }


def test_handoffs_approvals_and_notes_are_recorded(fleet: Fleet) -> None:
    with fleetglass.run("a"):
        fleetglass.handoff("billing")
        fleetglass.approval(by="ann", for_action="payment.refund")
        fleetglass.annotate(mood="good", tries=2, odd=[1])

    handoff, approval, agent = fleet.spans()
    assert handoff.attributes["fleetglass.handoff.to"] == "billing"
    assert approval.attributes["fleetglass.approval.by"] == "ann"
    assert approval.attributes["fleetglass.approval.granted"] is True
    notes = {name: agent.attributes[f"fleetglass.note.{name}"] for name in ("mood", "tries", "odd")}
    assert notes == {"mood": "good", "tries": 2, "odd": "[1]"}


def test_feedback_is_recorded_in_a_run_and_later(fleet: Fleet) -> None:
    with fleetglass.run("a") as run:
        fleetglass.feedback("score", 0.9, by="ann")
    fleetglass.feedback("label", "wrong", run_id=run.run_id)
    fleetglass.feedback("abandon", run_id="any-name")

    feedbacks = [span.attributes for span in fleet.spans() if span.name == "feedback"]
    assert [span["fleetglass.run.id"] for span in feedbacks] == [run.run_id, run.run_id, "any-name"]
    assert feedbacks[0]["fleetglass.feedback.score"] == 0.9
    assert feedbacks[0]["gen_ai.agent.name"] == "a"
    assert feedbacks[1]["fleetglass.feedback.label"] == "wrong"
    assert feedbacks[2]["fleetglass.feedback.kind"] == "abandon"


def test_feedback_has_a_parent_in_the_runs_trace(fleet: Fleet) -> None:
    with fleetglass.run("a") as run:
        pass
    fleetglass.feedback("retry", run_id=run.run_id)

    (span,) = [span for span in fleet._ended if span.name == "feedback"]  # pyright: ignore[reportPrivateUsage]
    assert span.parent
    assert f"{span.parent.trace_id:032x}" == run.run_id


def test_feedback_without_a_run_is_refused(fleet: Fleet) -> None:
    with pytest.raises(ConfigurationError, match="run_id"):
        fleetglass.feedback("score", 1.0)


def test_a_recorded_fleet_gives_costs_tokens_and_actions() -> None:
    def price(provider: str, model: str, tokens: object) -> float | None:
        return 0.04 if model == "m" else None

    @fleetglass.tool(action="payment.refund")
    def refund() -> None: ...

    with recording(price=price) as fleet, fleetglass.run("a", tier="assist"):
        refund()
        for model in ("m", "m", "unknown"):
            with fleetglass.llm_call(model) as call:
                call.usage(input=10)

    assert (fleet.cost(), fleet.tokens(), fleet.actions()) == (0.08, 30, ["payment.refund"])
    fleet.assert_cost_under(0.10)
    fleet.assert_actions_within({"assist": {"payment.refund"}})
    with pytest.raises(AssertionError, match="not under"):
        fleet.assert_cost_under(0.05)
    with pytest.raises(AssertionError, match="'a' of tier 'assist' did 'payment.refund'"):
        fleet.assert_actions_within({"assist": {"payment.quote"}})


def test_ids_and_times_are_the_same_in_each_recording() -> None:
    def once() -> list[object]:
        with recording() as fleet, fleetglass.run("a"), fleetglass.run("b"):
            pass
        return list(fleet.spans())

    assert once() == once()
