"""From fleet.yaml to the agent that is stopped, and to the person who lets it go on."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from kit.stack import Stack, eventually, request

FLEET = """
budgets:
  - {name: refunds, agent: refunds, per: month, usd: 2, hard: halt}
  - {name: whole, per: month, usd: 2.50}
  - {agent: refunds, per: run, usd: 1}
"""
# Spends 4.2 cents a step until it is told to stop, or has done as many steps as it was to do.
SPENDS = """
import sys, time, fleetglass
fleetglass.configure(service="shop", endpoint=sys.argv[1], delay_s=0.1, guard=True)
done = 0
try:
    with fleetglass.run("refunds"):
        while done < int(sys.argv[2]):
            with fleetglass.llm_call("gpt-4o", provider="openai") as call:
                call.usage(input=12_000, output=1_200)
            done += 1
            time.sleep(float(sys.argv[3]))
    print("done", done)
except fleetglass.Halted as halted:
    print("halted", done, halted)
"""
NONE = (200, b'{"directives": []}')
STEP = Decimal("0.042")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    folder = tmp_path_factory.mktemp("budgets")
    file = folder / "fleet.yaml"
    file.write_text(FLEET)
    stack = Stack(folder / "data", {"FLEETGLASS_FLEET": str(file)})
    stack.start()
    yield stack
    stack.stop()


def agent(stack: Stack, steps: int, pause_s: float) -> subprocess.Popen[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    command = [sys.executable, "-c", SPENDS, f"http://127.0.0.1:{stack.http}"]
    return subprocess.Popen(
        [*command, str(steps), str(pause_s)], env=ours, stdout=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=120)[0].strip()


def cli(stack: Stack, *words: str) -> str:
    done = stack.run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def budgets(stack: Stack) -> dict[str, dict[str, Any]]:
    rows = map(json.loads, cli(stack, "incidents", "list", "--json").splitlines())
    return {row["subject"]: row for row in rows if row["about"] == "budget"}


def directives(stack: Stack) -> list[dict[str, Any]]:
    return stack.query("SELECT * FROM directives ORDER BY at")


def spent(stack: Stack) -> Decimal:
    (row,) = stack.query("SELECT toString(sum(cost)) AS usd FROM agent_minutes")
    return Decimal(row["usd"])


def test_it_is_announced_before_it_is_spent(stack: Stack) -> None:
    assert said(agent(stack, 40, 0.01)) == "done 40"
    eventually(lambda: "refunds" in budgets(stack), within_s=60)

    eventually(lambda: budgets(stack)["refunds"]["evidence"]["spent"] == "1.68", within_s=60)
    incident = budgets(stack)["refunds"]
    assert incident["evidence"]["stage"] != "spent"
    assert "84 % of $2.00 a month is spent at" in incident["summary"]
    assert spent(stack) == 40 * STEP
    assert directives(stack) == []


def test_the_run_that_costs_too_much_is_named(stack: Stack) -> None:
    incident = budgets(stack)["agent refunds per run"]

    assert incident["severity"] == "critical"
    assert "1 run has cost $1.00 or more, the most expensive one $1.68" in incident["summary"]
    assert incident["cost_usd"] == pytest.approx(0.68)


def test_a_hard_budget_halts_and_says_who_and_why(stack: Stack) -> None:
    words = said(agent(stack, 400, 0.1))

    assert words.startswith("halted ")
    assert "budget 'refunds'" in words
    assert "of $2.00 a month is spent; until" in words
    listing = cli(stack, "directives")
    assert "agent 'refunds' of tenant 'default'" in listing
    assert "fleetglass budget refunds" in listing
    eventually(lambda: budgets(stack)["refunds"]["severity"] == "critical")


def test_whoever_begins_again_is_halted_too(stack: Stack) -> None:
    assert said(agent(stack, 50, 0.1)).startswith("halted ")


def test_sums_agree_to_the_cent(stack: Stack) -> None:
    eventually(lambda: "whole" in budgets(stack), within_s=60)
    eventually(
        lambda: Decimal(budgets(stack)["refunds"]["evidence"]["spent"]) == spent(stack),
        within_s=90,
    )
    page = cli(stack, "incidents", "show", budgets(stack)["refunds"]["id"][:8])

    assert f"${spent(stack):,.2f} of $2.00 a month is spent" in page
    assert "directive to agent refunds of tenant default: halt" in page
    assert "most expensive runs: " in page


def test_what_a_person_resumes_goes_on_and_is_not_halted_again(stack: Stack) -> None:
    cli(stack, "directives", "resume", "--agent", "refunds", "--reason", "it is worth it")
    before = len(directives(stack))
    # What agents are told is looked up twice a second.
    eventually(lambda: request(stack.http, "GET", "/v1/directives", b"", {})[::2] == NONE)

    words = said(agent(stack, 60, 0.2))
    assert words == "done 60", directives(stack)
    assert len(directives(stack)) == before == 2
    assert [row["action"] for row in directives(stack)] == ["halt", "resume"]


def test_a_soft_budget_writes_no_directive(stack: Stack) -> None:
    eventually(lambda: budgets(stack).get("whole", {}).get("severity") == "critical", within_s=60)

    assert budgets(stack)["whole"]["evidence"]["stage"] == "spent"
    assert {row["by"] for row in directives(stack)} >= {"fleetglass budget refunds"}
    assert not any(row["by"] == "fleetglass budget whole" for row in directives(stack))


def test_a_budget_that_makes_no_sense_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("budgets: [{agent: refunds, per: dya, usd: 5}]")
    stack = Stack(tmp_path / "data", {"FLEETGLASS_FLEET": str(file)})

    for command in (("detect",), ("check", "runs.pb")):
        done = stack.run(*command)
        assert done.returncode == 1
        assert done.stderr.startswith("fleetglass: 'per' of budget 1 in ")
        assert "is no period: 'dya'; did you mean 'day'?" in done.stderr
