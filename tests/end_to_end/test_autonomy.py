"""A policy in a file, agents in processes of their own, and what people see of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.stack import Stack, eventually, running

POLICY = """\
autonomy:
  kinds: [{tool: refund, class: money, amount: usd, to: account}]
  approval: {by: ["*@example.com"], valid: 15m}
  agents:
    - agent: refunds
      tier: suggest
      owner: payments
      contact: "#payments"
      may:
        - {class: money, tier: act in domain, amount: 50}
        - {class: money, tier: act with approval, amount: 200}
"""
AGENT = """
import sys, fleetglass
fleetglass.configure(endpoint=sys.argv[1])

@fleetglass.tool(action="refund.create")
def refund(usd, account):
    return "done"

@fleetglass.agent("refunds")
def work(usd, account, approved):
    if approved:
        fleetglass.approval(by="ann@example.com", for_action="refund")
    return refund(usd=usd, account=account)

for usd, account, approved in eval(sys.argv[2]):
    work(usd, account, approved)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("policy") / "fleet.yaml"
    path.write_text(POLICY)
    return path


@pytest.fixture(scope="module")
def stack(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("autonomy")
    with running(folder, FLEETGLASS_FLEET=str(file)) as stack:
        eventually(lambda: stack.query("SELECT 1 FROM fleet_policies") != [])
        yield stack


def act(stack: Stack, *refunds: tuple[float, str, bool]) -> None:
    endpoint = f"http://127.0.0.1:{stack.http}"
    subprocess.run([sys.executable, "-c", AGENT, endpoint, repr(refunds)], check=True, timeout=60)


def incidents(stack: Stack) -> list[tuple[str, str, str]]:
    rows = stack.query("SELECT kinds[1] AS kind, severity, summary FROM incidents ORDER BY kind")
    return [(row["kind"], row["severity"], row["summary"]) for row in rows]


def test_what_an_agent_may_not_do_is_an_incident_and_the_rest_is_none(stack: Stack) -> None:
    act(stack, (20, "DE1", False), (120, "DE2", True), (130, "DE3", False), (900, "DE4", True))
    eventually(lambda: len(incidents(stack)) >= 2)

    asked, over = incidents(stack)
    assert asked[:2] == ("no-approval", "critical")
    assert "refund needs an approval and has none; legal if *@example.com approves it" in asked[2]
    assert over[:2] == ("over-limit", "critical")
    assert "refund has the amount 900, over the limit of 200" in over[2]


def test_the_page_of_an_incident_says_why_it_woke_somebody_and_whom_to_ask(stack: Stack) -> None:
    (row,) = stack.query("SELECT hex FROM incidents WHERE kinds[1] = 'over-limit'")
    page = stack.run("incidents", "show", row["hex"][:8]).stdout

    assert "critical, because what was done cannot be taken back (class money)" in page
    assert "owner payments" in page
    assert "contact #payments" in page
    # The run is over, and the next one will do the same.
    assert "fleetglass directives halt --agent refunds" in page
    assert "fleetglass fleet show" in page


def test_the_policy_in_force_is_shown_and_a_file_is_compared_with_it(
    stack: Stack, tmp_path: Path
) -> None:
    changed = tmp_path / "fleet.yaml"
    changed.write_text(POLICY.replace("amount: 50}", "amount: 10}"))
    shown = stack.run("fleet", "show", "--json")
    compared = stack.run("fleet", "diff", str(changed))

    (row,) = map(json.loads, shown.stdout.splitlines())
    assert (row["agent"], row["tier"]) == ("refunds", 1)
    assert row["classes"]["money"] == "4 up to 50; 2 up to 200"
    assert compared.stdout == (
        "~ refunds: money: 4 up to 50; 2 up to 200 becomes 4 up to 10; 2 up to 200\n"
    )


def test_history_is_judged_by_a_changed_file_before_it_is_in_force(
    stack: Stack, tmp_path: Path
) -> None:
    strict = tmp_path / "fleet.yaml"
    strict.write_text(POLICY.replace("amount: 50}", "amount: 10}").replace("200", "2000"))
    tried = stack.run("fleet", "test", str(strict), "--json")
    changes = {
        (row["change"], row["rule"]): row for row in map(json.loads, tried.stdout.splitlines())
    }

    # The small one needs an approval now; the one of 900 is within the limit and was approved.
    assert changes["newly", "no-approval"]["count"] == 1
    assert ("no longer", "over-limit") in changes
    assert changes["both", "no-approval"]["action"] == "refund"


def test_a_draft_permits_what_the_fleet_has_been_doing(stack: Stack, tmp_path: Path) -> None:
    drafted = tmp_path / "fleet.yaml"
    drafted.write_text(stack.run("fleet", "init").stdout)
    checked = stack.run("fleet", "validate", str(drafted))
    tried = stack.run("fleet", "test", str(drafted))

    assert "1 agents with 1 permissions" in checked.stdout
    assert "newly a violation: 0" in tried.stdout


def test_the_record_of_each_agent_says_what_it_has_earned(stack: Stack) -> None:
    (row,) = map(json.loads, stack.run("tiers", "refunds", "--json").stdout.splitlines())
    shown = stack.run("tiers").stdout

    # Two of the four runs had a critical incident.
    assert (row["agent"], row["class"], row["tasks"], row["serious"]) == ("refunds", "money", 4, 2)
    assert (row["good"], row["advice"]) == (0.5, "demote now")
    assert "refunds, money: demote now: 2 serious incidents" in shown
    assert "No action of 'nobody'" in stack.run("tiers", "nobody").stdout


def test_a_change_of_the_file_is_in_force_within_seconds_and_a_mistake_changes_nothing(
    stack: Stack, file: Path
) -> None:
    before = len(stack.query("SELECT digest FROM fleet_policies"))
    file.write_text(POLICY.replace("tier: suggest", "tier: sugest"))
    eventually(lambda: "did you mean 'suggest'?" in stack.log.read_text())
    file.write_text(POLICY.replace("amount: 50}", "amount: 1}"))
    eventually(lambda: len(stack.query("SELECT digest FROM fleet_policies")) == before + 1)
    act(stack, (20, "DE9", False))

    eventually(lambda: [kind for kind, _, _ in incidents(stack)].count("no-approval") == 2)
    file.write_text(POLICY)
