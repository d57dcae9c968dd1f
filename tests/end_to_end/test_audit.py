"""What people and agents did stands in the audit log, and who changes it afterwards is found."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.databases import opened
from kit.stack import Stack, eventually, running

from fleetglass_collector.access.owner import owner_secret
from fleetglass_collector.embedded.users import WRITER

POLICY = """\
autonomy:
  kinds: [{tool: refund, class: money, amount: usd, to: account}]
  agents:
    - agent: refunds
      tier: act in domain
      may: [{class: money, tier: act in domain, amount: 50}]
"""
SECRETS = ("DE89-SECRET", "4711")
AGENT = """
import sys, fleetglass
fleetglass.configure(endpoint=sys.argv[1])

@fleetglass.tool(action="refund.create")
def refund(usd, account):
    return "done"

@fleetglass.agent("refunds")
def work():
    return refund(usd=4711, account="DE89-SECRET")

work()
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("policy") / "fleet.yaml"
    path.write_text(POLICY)
    return path


@pytest.fixture(scope="module")
def stack(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("audit"), FLEETGLASS_FLEET=str(file)) as stack:
        eventually(lambda: kinds(stack) == ["policy"])
        yield stack


def kinds(stack: Stack) -> list[str]:
    return [
        row["kind"] for row in stack.query("SELECT kind FROM audit_log FINAL ORDER BY kind, at")
    ]


def done(stack: Stack, *command: str) -> str:
    ended = stack.run(*command)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def command(stack: Stack, sql: str) -> None:
    """Run SQL as the one who writes, whom nothing keeps from changing a table."""
    dsn = f"http://{WRITER}:{owner_secret(stack.folder)}@127.0.0.1:{stack.query_port}"
    with opened(dsn) as store:
        store.command(sql)


def restart(stack: Stack, command: str) -> None:
    process = stack.child(command)
    assert process
    os.kill(process, signal.SIGKILL)
    eventually(lambda: stack.child(command) not in (None, process))


def test_what_is_done_is_logged_and_the_log_is_whole(stack: Stack, file: Path) -> None:
    endpoint = f"http://127.0.0.1:{stack.http}"
    subprocess.run([sys.executable, "-c", AGENT, endpoint], check=True, timeout=60)
    eventually(lambda: "violation" in kinds(stack))
    eventually(lambda: stack.query("SELECT 1 FROM incidents") != [])
    (incident,) = stack.query("SELECT hex FROM incidents")
    done(stack, "directives", "halt", "--agent", "refunds", "--reason", "too much")
    done(stack, "incidents", "ack", incident["hex"], "--why", "looking at it")
    file.write_text(POLICY.replace("amount: 50", "amount: 60"))

    eventually(lambda: kinds(stack).count("policy") == 2)
    assert kinds(stack) == ["directive", "incident", "policy", "policy", "violation"]
    (ack,) = stack.query("SELECT about, body FROM audit_log WHERE kind = 'incident'")
    assert (ack["about"], json.loads(ack["body"])["action"]) == (incident["hex"], "ack")
    (violation,) = stack.query("SELECT by, body FROM audit_log WHERE kind = 'violation'")
    assert violation["by"] == "refunds"
    assert json.loads(violation["body"])["incident"] == incident["hex"]
    assert done(stack, "audit", "verify").count(": whole, ") == 2


def test_processes_that_are_killed_continue_their_chains_and_repeat_nothing(stack: Stack) -> None:
    metrics = stack.folder / "detect" / "metrics-0-of-1.prom"
    # Without a checkpoint, the detectors read the spans of the last hour again.
    (stack.folder / "detect" / "checkpoint-0-of-1").unlink()
    metrics.unlink()
    restart(stack, "detect")
    restart(stack, "api")
    eventually(lambda: stack.run("directives", "resume", "--all").returncode == 0)

    eventually(lambda: kinds(stack).count("directive") == 2)
    found = 'fleetglass_detect_signals_total{detector="autonomy"} 1'
    eventually(lambda: metrics.exists() and found in metrics.read_text())
    assert kinds(stack).count("violation") == 1
    chains = stack.query("SELECT chain FROM audit_log GROUP BY chain")
    assert len(chains) == 2
    assert done(stack, "audit", "verify").count(": whole, ") == 2


def test_an_export_quotes_no_argument_and_is_verified_elsewhere(
    stack: Stack, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(done(stack, "audit", "export"))

    assert len(file.read_text().splitlines()) == 6
    assert not any(secret in file.read_text() for secret in SECRETS)
    assert done(stack, "audit", "verify", "--file", str(file)).count(": whole, ") == 2


def test_what_cannot_be_logged_is_not_done(stack: Stack) -> None:
    before = stack.query("SELECT count() AS directives FROM directives")
    command(stack, "RENAME TABLE audit_log TO away")
    refused = stack.run("directives", "halt", "--agent", "refunds")
    after = stack.query("SELECT count() AS directives FROM directives")
    command(stack, "RENAME TABLE away TO audit_log")

    assert refused.returncode == 1
    assert after == before
    done(stack, "directives", "halt", "--agent", "refunds")
    assert kinds(stack).count("directive") == 4
    assert done(stack, "audit", "verify").count(": whole, ") == 2


def test_who_changes_an_entry_is_found(stack: Stack) -> None:
    (ack,) = stack.query("SELECT chain, number FROM audit_log WHERE kind = 'incident'")
    command(
        stack,
        "ALTER TABLE audit_log UPDATE by = 'nobody' WHERE kind = 'incident'"
        " SETTINGS mutations_sync = 2",
    )
    ended = stack.run("audit", "verify", "--json")
    walks = {walk["chain"]: walk for walk in map(json.loads, ended.stdout.splitlines())}

    assert ended.returncode == 1
    number = int(ack["number"])
    faults = [{"way": "changed", "number": number, "last": number}]
    assert walks.pop(ack["chain"])["faults"] == faults
    assert [walk["whole"] for walk in walks.values()] == [True]
