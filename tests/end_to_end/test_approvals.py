"""An agent that checks what it does, asks a person, and acts on the answer: real processes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kit.stack import Stack, eventually, request, running

POLICY = """\
autonomy:
  kinds: [{tool: refund, class: money, amount: usd, to: account}]
  approval: {by: ["*@example.com"], valid: 15m, through: fleetglass}
  agents:
    - agent: refunds
      tier: suggest
      may:
        - {class: money, tier: act in domain, amount: 50}
        - {class: money, tier: act with approval, amount: 200}
    - {agent: front-desk, tier: suggest}
"""
AGENT = """
import sys, fleetglass
fleetglass.configure(endpoint=sys.argv[1], key=sys.argv[4], enforce=sys.argv[2], approval_s=40)

@fleetglass.tool(action="refund.create")
def refund(usd, account):
    print("refunded", usd, flush=True)

@fleetglass.agent("refunds")
def work(usd, account):
    try:
        refund(usd=usd, account=account)
    except fleetglass.TierViolation as error:
        print("refused", error.rule, error, flush=True)

@fleetglass.agent("front-desk")
def front(usd, account):
    work(usd, account)

for who, usd, account in eval(sys.argv[3]):
    {"refunds": work, "front-desk": front}[who](usd, account)
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("approvals")
    file = folder / "fleet.yaml"
    file.write_text(POLICY)
    with running(folder, FLEETGLASS_FLEET=str(file)) as stack:
        eventually(lambda: stack.query("SELECT 1 FROM fleet_policies") != [])
        yield stack


def started(stack: Stack, mode: str, *calls: tuple[str, float, str], key: str = "") -> Any:
    endpoint = f"http://127.0.0.1:{stack.http}"
    return subprocess.Popen(
        [sys.executable, "-c", AGENT, endpoint, mode, repr(calls), key],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def done(stack: Stack, mode: str, *calls: tuple[str, float, str]) -> list[str]:
    output, _ = started(stack, mode, *calls).communicate(timeout=60)
    return str(output).splitlines()


def waiting(stack: Stack) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stack.run("approvals", "--json").stdout.splitlines()]


def test_a_call_beyond_the_policy_is_refused_before_it_is_made(stack: Stack) -> None:
    said = done(
        stack,
        "refuse",
        ("refunds", 20, "DE1"),
        ("refunds", 120, "DE2"),
        ("refunds", 900, "DE3"),
        ("front-desk", 20, "DE4"),
    )

    assert said[0] == "refunded 20"
    assert [line.split()[1] for line in said[1:]] == [
        "no-approval",
        "over-limit",
        "borrowed-authority",
    ]
    assert "allowed if the amount is 200 or less" in said[2]


def test_observing_refuses_nothing_and_says_what_it_would(stack: Stack) -> None:
    said = done(stack, "observe", ("refunds", 900, "DE3"))

    assert "refunded 900" in said
    assert any("it is not refused, since enforce is 'observe'" in line for line in said)


def test_an_agent_asks_a_person_grants_and_it_acts(stack: Stack) -> None:
    agent = started(stack, "ask", ("refunds", 130, "DE89370400440532013000"))
    eventually(lambda: len(waiting(stack)) == 1)
    (asked,) = waiting(stack)
    assert (asked["agent"], asked["tool"], asked["amount"]) == ("refunds", "refund", 130)
    assert asked["action_class"] == "money"
    id = asked["id"][:8]

    itself = stack.run("approvals", "grant", id, "--by", "refunds")
    stranger = stack.run("approvals", "grant", id, "--by", "eve@elsewhere.org")
    granted = stack.run("approvals", "grant", id, "--by", "ann@example.com", "--why", "called")
    again = stack.run("approvals", "deny", id, "--by", "bob@example.com")
    output, _ = agent.communicate(timeout=60)

    assert "is an agent of the request itself" in itself.stderr
    assert "lets *@example.com approve this, not 'eve@elsewhere.org'" in stranger.stderr
    assert granted.stdout.startswith("granted: refunds wants to call refund (money, amount 130)")
    assert "granted by ann@example.com already" in again.stderr
    assert output.splitlines() == ["refunded 130"]
    # Seen from outside, it was approved before it was done: no incident of this run.
    trace = asked["trace_id"]
    eventually(
        lambda: stack.count(f"TraceId = '{trace}' AND SpanName = 'execute_tool refund'") == 1
    )
    time.sleep(5)
    assert stack.query(f"SELECT kinds FROM incidents WHERE trace_id = '{trace}'") == []


def test_an_agent_that_is_denied_does_not_act(stack: Stack) -> None:
    agent = started(stack, "ask", ("refunds", 140, "DE5"))
    eventually(lambda: len(waiting(stack)) == 1)
    (asked,) = waiting(stack)
    stack.run("approvals", "deny", asked["id"], "--by", "ann@example.com", "--why", "too much")
    output, _ = agent.communicate(timeout=60)

    assert "refused no-approval refund was refused by ann@example.com: too much" in output
    assert "refunded" not in output


FORGER = """
import sys, fleetglass
fleetglass.configure(endpoint=sys.argv[1])

@fleetglass.tool(action="refund.create")
def refund(usd, account): ...

@fleetglass.agent("refunds")
def work():
    fleetglass.approval(by="ann@example.com", for_action="refund")
    refund(usd=150, account="DE6")

work()
"""


def test_a_forged_approval_is_found(stack: Stack) -> None:
    subprocess.run([sys.executable, "-c", FORGER, f"http://127.0.0.1:{stack.http}"], check=True)
    said = "was approved by a span alone, which anybody can send"

    eventually(
        lambda: any(said in row["summary"] for row in stack.query("SELECT * FROM incidents"))
    )


def test_an_agent_cannot_grant_itself_over_the_collector(stack: Stack) -> None:
    asked = {"agent": "refunds", "tool": "refund", "fingerprint": "0", "wait_s": 60}
    kind = {"content-type": "application/json"}
    code, _, body = request(stack.http, "POST", "/v1/approvals", json.dumps(asked).encode(), kind)
    id = json.loads(body)["id"]
    grant = request(stack.http, "POST", f"/v1/approvals/{id}/grant", b'{"by": "ann"}', kind)
    without_key = request(stack.api, "POST", f"/v1/approvals/{id}/grant", b'{"by": "ann"}', kind)
    state = request(stack.http, "GET", f"/v1/approvals/{id}", b"", {})

    assert code == 200
    assert grant[0] == 404
    assert without_key[0] == 401
    assert b"a decision needs a key" in without_key[2]
    assert json.loads(state[2])["state"] == "pending"


def test_a_policy_that_the_agent_knows_is_not_sent_again(stack: Stack) -> None:
    whole = json.loads(request(stack.http, "GET", "/v1/policy", b"", {})[2])
    again = json.loads(
        request(stack.http, "GET", f"/v1/policy?known={whole['digest']}", b"", {})[2]
    )

    assert "refund" in whole["text"]
    assert (again["digest"], again["text"]) == (whole["digest"], "")


def test_hostile_requests_are_refused(stack: Stack) -> None:
    kind = {"content-type": "application/json"}
    bodies = (b"", b"[", b"7", b"{}", b'{"agent": "a"}', b'{"agent": "a", "tool": "b"}')

    for body in bodies:
        assert request(stack.http, "POST", "/v1/approvals", body, kind)[0] == 400
    large = b'{"agent": "' + b"a" * 100_000 + b'"}'
    assert request(stack.http, "POST", "/v1/approvals", large, kind)[0] == 413
    assert request(stack.http, "GET", "/v1/approvals/x'OR'1", b"", {})[0] == 404
