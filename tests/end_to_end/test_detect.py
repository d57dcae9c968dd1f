"""From an agent that goes round in circles to the incident that a person sees."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from typing import Any

import pytest
from kit.looping_runs import run_of, trace_id
from kit.stack import Stack, eventually, request

from fleetglass_detectors.engine.checkpoint import encode
from fleetglass_server.processes.detecting_files import CheckpointFile

LOOPS = """
import sys, time, fleetglass
fleetglass.configure(service="support", endpoint=sys.argv[1], delay_s=0.1)

@fleetglass.tool
def search(query): return "nothing found"

@fleetglass.tool
def read(url): return "404"

with fleetglass.run("researcher"):
    search("who else"); time.sleep(0.01)
    for _ in range(6):
        search("who"); time.sleep(0.01); read("http://x"); time.sleep(0.01)
        with fleetglass.llm_call("gpt-4o", provider="openai") as call:
            call.usage(input=1000, output=100)
"""
WORKS = """
import sys, fleetglass
fleetglass.configure(service="support", endpoint=sys.argv[1], delay_s=0.1)

@fleetglass.tool
def refund(order): return f"refunded {order}"

for run in range(20):
    with fleetglass.run("refunds"):
        for order in range(40): refund(order)
"""
KILLS = int(os.environ.get("DETECT_KILLS", "5"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("detect") / "data", {})
    stack.start()
    yield stack
    stack.stop()


def finished(stack: Stack, code: str) -> None:
    command = [sys.executable, "-c", code, f"http://127.0.0.1:{stack.http}"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    subprocess.run(command, env=ours, check=True, timeout=60)


def cli(stack: Stack, *arguments: str) -> str:
    command = [sys.executable, "-m", "fleetglass_server", "incidents", *arguments]
    done = subprocess.run(command, env=stack.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sent(stack: Stack, *requests: dict[str, Any]) -> None:
    headers = {"content-type": "application/json"}
    for body in requests:
        assert (
            request(stack.http, "POST", "/v1/traces", json.dumps(body).encode(), headers)[0] == 200
        )


def incidents(stack: Stack) -> list[dict[str, Any]]:
    return stack.query(
        "SELECT lower(hex(i.id)) AS id, * EXCEPT id FROM incidents AS i ORDER BY trace_id"
    )


def test_a_run_in_circles_is_one_incident_and_working_ones_are_none(stack: Stack) -> None:
    finished(stack, WORKS)
    finished(stack, LOOPS)
    # What the model costs is looked up when it is first seen.
    eventually(lambda: any(incident["cost"] > 0 for incident in incidents(stack)), within_s=60)

    (incident,) = incidents(stack)
    assert incident["agent"] == "researcher"
    assert "search" in incident["summary"]

    page = cli(stack, "show", incident["id"][:8])
    assert "researcher" in page
    assert "nothing found" in page
    assert "fleetglass: opened" in page
    assert incident["id"][:8] in cli(stack)


def test_people_are_heard(stack: Stack) -> None:
    id = incidents(stack)[0]["id"][:8]
    cli(stack, "ack", id, "--why", "looking at it")
    assert json.loads(cli(stack, "list", "--json"))["state"] == "acknowledged"
    cli(stack, "silence", id, "--for", "1h")
    assert json.loads(cli(stack, "list", "--json"))["state"] == "silenced"
    cli(stack, "resolve", id)
    assert cli(stack).startswith("No incidents.")
    cli(stack, "reopen", id)

    page = cli(stack, "show", id)
    assert "(looking at it)" in page
    assert [line.split(": ")[-1] for line in page.splitlines()][-1] == "reopen"


def test_the_same_over_http(stack: Stack) -> None:
    _, _, body = request(stack.http, "GET", "/v1/incidents", b"", {})
    (incident,) = json.loads(body)["incidents"]
    place = f"/v1/incidents/{incident['id']}"
    whole = json.loads(request(stack.http, "GET", place, b"", {})[2])
    assert {"history", "cycles", "evidence"} <= set(whole)

    kind = {"content-type": "application/json"}
    by = json.dumps({"by": "ann", "seconds": 60}).encode()
    assert request(stack.http, "POST", f"{place}/ack", by, kind)[0] == 200
    assert json.loads(request(stack.http, "GET", place, b"", {})[2])["said_by"] == "ann"
    refusals = [
        ("GET", "/v1/incidents/ffffffffffffffff", b"", kind, 404),
        ("GET", "/v1/incidents?state=bad", b"", kind, 400),
        ("GET", "/v1/incidents?limit=0", b"", kind, 400),
        ("POST", f"{place}/explode", by, kind, 404),
        ("POST", f"{place}/ack", b"{", kind, 400),
        ("POST", f"{place}/ack", b"{}", kind, 400),
        ("POST", f"{place}/silence", b'{"by": "ann"}', kind, 400),
        # As a web page of somebody else's could send it.
        ("POST", f"{place}/resolve", by, {"content-type": "text/plain"}, 415),
    ]
    for method, path, sent_body, headers, status in refusals:
        assert request(stack.http, method, path, sent_body, headers)[0] == status, path


def test_the_detectors_tell_how_they_are(stack: Stack) -> None:
    eventually(lambda: stack.metrics().get("fleetglass_detect_incidents") == 1)

    metrics = stack.metrics()
    assert metrics["fleetglass_detect_lag_spans"] == 0
    assert metrics["fleetglass_detect_spans_total"] > 800


def test_killed_again_and_again_it_says_the_same(stack: Stack) -> None:
    chance = random.Random(KILLS)
    looping = [n for n in range(100, 100 + 6 * KILLS) if n % 3 == 0]
    for n in range(100, 100 + 6 * KILLS):
        words = ["a", "b"] * 4 if n in looping else [f"page:{m}" for m in range(8)]
        sent(stack, run_of(words, trace=n, start_ns=time.time_ns()))
        if n % 6 == 5:
            # After each early end the supervisor waits longer, up to half a minute.
            eventually(lambda: stack.child("detect") is not None, within_s=60)
            time.sleep(3 * chance.random())
            if pid := stack.child("detect"):
                os.kill(pid, signal.SIGKILL)
    last = run_of(["z"] * 5, trace=999, start_ns=time.time_ns())
    sent(stack, last)

    eventually(lambda: trace_id(999) in {i["trace_id"] for i in incidents(stack)}, within_s=90)
    found = {i["trace_id"]: i for i in incidents(stack)}
    assert {trace_id(n) for n in looping} == {
        t for t in found if trace_id(100) <= t < trace_id(999)
    }
    assert {found[trace_id(n)]["spans"] for n in looping} == {8}
    signals = stack.query(
        "SELECT trace_id, detector, kind, level, count() AS n FROM signals FINAL GROUP BY ALL"
    )
    assert {int(row["n"]) for row in signals} == {1}
    told = {row["trace_id"] for row in signals if row["kind"] == "exact"}
    assert {trace_id(n) for n in looping} <= told


def test_a_checkpoint_of_another_version_and_one_that_cannot_be_written_stop_nobody(
    stack: Stack,
) -> None:
    file = stack.folder / "detect" / "checkpoint-0-of-1"
    eventually(file.exists)
    CheckpointFile(file).save(*encode({"feed": "another version's"}))
    # A folder stands where the draft is written, so no checkpoint can be saved.
    file.with_name(f"{file.name}.new").mkdir(exist_ok=True)
    assert (pid := stack.child("detect"))
    os.kill(pid, signal.SIGKILL)
    sent(stack, run_of(["q"] * 5, trace=7777, start_ns=time.time_ns()))

    eventually(lambda: trace_id(7777) in {i["trace_id"] for i in incidents(stack)}, within_s=60)
    assert file.with_suffix(".unusable").exists()
    assert "is set aside" in stack.log.read_text()
    eventually(lambda: "cannot write the checkpoint" in stack.log.read_text())
