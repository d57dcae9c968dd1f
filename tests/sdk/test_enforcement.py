"""Calls that are checked against the policy before they are made."""

import asyncio
import json
import threading
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from kit.stack import eventually

import fleetglass
from fleetglass import _fleet
from fleetglass._enforcement import Enforcement
from fleetglass.signatures import signature
from fleetglass.testing import recording

KEY = "fg_secret"
POLICY = {
    "kinds": [{"tool": "refund", "class": "money", "amount": "usd"}],
    "agents": [
        {
            "agent": "refunds",
            "tier": 1,
            "may": [
                {"class": "money", "tier": 4, "amount": 50},
                {"class": "money", "tier": 2, "amount": 200},
            ],
        }
    ],
}


class Collector:
    """What the collector would answer."""

    def __init__(self, policy: Any = POLICY, *, key: str = KEY, decision: str = "granted") -> None:
        self.policy = policy
        self.key = key
        self.decision = decision
        self.asked: list[Mapping[str, Any]] = []
        self.mark = ""
        self.closed = 0

    def get(self, path: str) -> Any:
        if not path.startswith("/v1/policy?"):
            told = {
                "id": path.rpartition("/")[2],
                "state": self.decision,
                "decided_by": "ann",
                "why": "",
                "fingerprint": self.mark or self.asked[-1]["fingerprint"],
            }
            return told | {"signature": signature(self.key, *told.values())}
        text = json.dumps(self.policy) if self.policy is not None else ""
        digest = f"{hash(text):x}" if text else ""
        parts = ("1", digest, "" if path.endswith(f"known={digest}") else text)
        return {
            "since_ns": 1,
            "digest": digest,
            "text": parts[2],
            "signature": signature(self.key, "policy", *parts),
        }

    def post(self, path: str, document: Mapping[str, Any]) -> Any:
        self.asked.append(document)
        return {"id": "7"}

    def close(self) -> None:
        self.closed += 1


class Away(Collector):
    def get(self, path: str) -> Any:
        raise OSError("nobody answers")

    post = get  # type: ignore[assignment]


def enforced(collector: Collector, mode: str = "refuse", *, without: str = "allow") -> Enforcement:
    return Enforcement(lambda: collector, KEY, mode, without=without, wait_s=5)


@fleetglass.tool(action="refund.create")
def refund(usd: float) -> str:
    return f"refunded {usd:g}"


@fleetglass.agent("refunds")
def work(usd: float) -> str:
    return refund(usd)


@pytest.fixture
def spans() -> Generator[Any]:
    with recording() as recorded:
        yield recorded
        if enforcement := _fleet.current().enforcement:
            enforcement.close()


def using(enforcement: Enforcement) -> None:
    _fleet.current().enforcement = enforcement


def test_what_the_policy_allows_is_done_and_the_rest_raises_into_the_agent(spans: Any) -> None:
    using(enforced(Collector()))

    assert work(20) == "refunded 20"
    with pytest.raises(fleetglass.TierViolation, match="over the limit of 200") as caught:
        work(900)
    assert (caught.value.agent, caught.value.tool) == ("refunds", "refund")
    assert caught.value.rule == "over-limit"


def test_a_refused_call_leaves_a_span_that_failed(spans: Any) -> None:
    using(enforced(Collector()))
    with pytest.raises(fleetglass.TierViolation):
        work(120)
    tried = next(span for span in spans.spans() if span.name == "execute_tool refund")

    assert tried.attributes["error.type"] == "TierViolation"


def test_an_agent_without_an_entry_and_code_outside_of_agents_are_not_judged(spans: Any) -> None:
    using(enforced(Collector()))

    assert refund(900) == "refunded 900"
    assert fleetglass.agent("stranger")(refund)(900) == "refunded 900"


def test_a_grant_lets_the_call_pass_and_is_recorded_before_it(spans: Any) -> None:
    collector = Collector()
    using(enforced(collector, "ask"))

    assert work(120) == "refunded 120"
    (asked,) = collector.asked
    assert (asked["agent"], asked["tool"], asked["amount"]) == ("refunds", "refund", 120)
    recorded = {span.name: span for span in spans.spans()}
    given, call = recorded["approval"], recorded["execute_tool refund"]
    assert given.attributes["fleetglass.approval.by"] == "ann"
    assert given.attributes["fleetglass.approval.arguments"] == asked["fingerprint"]
    assert call.attributes["fleetglass.approval.arguments"] == asked["fingerprint"]


@pytest.mark.parametrize("decision", ["denied", "expired"])
def test_no_grant_no_call(spans: Any, decision: str) -> None:
    using(enforced(Collector(decision=decision), "ask"))

    with pytest.raises(fleetglass.TierViolation, match="was refused by ann"):
        work(120)


def test_a_grant_for_other_arguments_is_none(spans: Any) -> None:
    collector = Collector()
    collector.mark = "of something else"
    using(enforced(collector, "ask"))

    with pytest.raises(fleetglass.TierViolation):
        work(120)


def test_a_decision_with_a_wrong_signature_is_none(spans: Any) -> None:
    collector = Collector()
    using(enforced(collector, "ask"))
    assert work(20) == "refunded 20"
    collector.key = "fg_other"

    with pytest.raises(fleetglass.TierViolation, match="wrong signature"):
        work(120)


def test_a_policy_with_a_wrong_signature_is_not_used(
    spans: Any, caplog: pytest.LogCaptureFixture
) -> None:
    using(enforced(Collector(key="fg_other")))

    assert work(900) == "refunded 900"
    assert "the policy has a wrong signature" in caplog.text


@pytest.mark.parametrize("collector", [Away(), Collector(None)])
def test_without_a_policy_the_authors_choice_holds(
    spans: Any, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleetglass._enforcement.PATIENCE_S", 0.2)
    using(enforced(collector))
    assert work(20) == "refunded 20"
    using(enforced(collector, without="refuse"))
    with pytest.raises(fleetglass.TierViolation, match="the policy is not known"):
        work(20)


def test_only_the_first_call_waits_for_a_collector_that_is_away(
    spans: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("fleetglass._enforcement.PATIENCE_S", 0.1)
    enforcement = enforced(Away())
    waits: list[float | None] = []

    class Counted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return super().wait(timeout)

    enforcement._fetched = Counted()  # pyright: ignore[reportPrivateUsage]
    using(enforcement)

    assert [work(20) for _ in range(5)] == ["refunded 20"] * 5
    assert len(waits) == 1
    eventually(lambda: "the policy cannot be fetched: nobody answers" in caplog.text)
    assert "calls are made without a check (enforce_without='allow')" in caplog.text


def test_the_event_loop_goes_on_while_the_first_call_waits(
    spans: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleetglass._enforcement.PATIENCE_S", 20)
    answer = threading.Event()

    class Slow(Collector):
        def get(self, path: str) -> Any:
            answer.wait(60)
            return super().get(path)

    # If the loop stood still, nobody would let the collector answer, and the call were refused.
    using(enforced(Slow(), without="refuse"))

    @fleetglass.tool("refund", action="refund.create")
    async def later(usd: float) -> str:
        return f"refunded {usd:g}"

    @fleetglass.agent("refunds")
    async def run() -> str:
        return await later(usd=20)

    async def both() -> str:
        running = asyncio.create_task(run())
        await asyncio.sleep(0.05)
        answer.set()
        return await running

    assert asyncio.run(both()) == "refunded 20"


def test_a_policy_that_cannot_be_used_is_told(spans: Any, caplog: pytest.LogCaptureFixture) -> None:
    using(enforced(Collector({"agents": [{"agent": "refunds", "tier": 9}]}), without="refuse"))

    with pytest.raises(fleetglass.TierViolation, match="the policy is not known"):
        work(20)
    assert "the policy cannot be used: 'tier' of an agent" in caplog.text
    assert "calls are refused (enforce_without='refuse')" in caplog.text


def test_a_connection_is_closed_once_a_person_has_decided(spans: Any) -> None:
    collector = Collector()
    using(enforced(collector, "ask"))
    work(120)

    assert collector.closed == 1


def test_a_policy_that_changes_holds_at_once(spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleetglass._enforcement.POLL_S", 0.01)
    collector = Collector()
    using(enforced(collector))
    assert work(20) == "refunded 20"
    collector.policy = {"agents": [{"agent": "refunds", "tier": 0}]}

    eventually(lambda: outcome(20) == "above-tier", within_s=30)


def outcome(usd: float) -> str:
    try:
        return work(usd)
    except fleetglass.TierViolation as error:
        return error.rule


def test_observing_warns_once_and_refuses_nothing(
    spans: Any, caplog: pytest.LogCaptureFixture
) -> None:
    using(enforced(Collector(), "observe"))

    assert [work(900), work(900)] == ["refunded 900", "refunded 900"]
    assert caplog.text.count("it is not refused, since enforce is 'observe'") == 1


def test_asking_does_not_hold_up_the_event_loop(spans: Any) -> None:
    collector = Collector(decision="pending")
    using(enforced(collector, "ask"))

    @fleetglass.tool("refund", action="refund.create")
    async def later(usd: float) -> str:
        return f"refunded {usd:g}"

    @fleetglass.agent("refunds")
    async def run() -> str:
        return await later(usd=120)

    async def both() -> tuple[str, int]:
        turns = 0
        running = asyncio.create_task(run())
        while not running.done():
            turns += 1
            await asyncio.sleep(0.01)
            if turns == 20:
                collector.decision = "granted"
        return running.result(), turns

    result, turns = asyncio.run(both())
    assert result == "refunded 120"
    assert turns >= 20


@pytest.mark.parametrize("name", ["enforce", "enforce_without"])
def test_a_wrong_setting_is_refused(name: str) -> None:
    with pytest.raises(fleetglass.ConfigurationError, match=f"{name} must be one of"):
        fleetglass.configure(**{name: "maybe"})  # type: ignore[arg-type]
