"""From an agent that goes round in circles to the incident that a person sees."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Generator
from typing import Any

import pytest
from kit.stack import Stack, eventually, request

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
FAILS = """
import sys, time, fleetglass
fleetglass.configure(service="support", endpoint=sys.argv[1], delay_s=0.1)

@fleetglass.tool
def charge_card(order): raise TimeoutError(f"the gateway timed out for {order}")

with fleetglass.run("cashier", version="2.3", cohort="eu"):
    for _ in range(8):
        try: charge_card("o-17")
        except TimeoutError: pass
        time.sleep(0.01)
    if len(sys.argv) > 2: time.sleep(600)
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


def incidents(stack: Stack) -> list[dict[str, Any]]:
    return stack.query("SELECT hex AS id, * EXCEPT (id, hex) FROM incidents AS i ORDER BY trace_id")


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
    _, _, body = request(stack.api, "GET", "/v1/incidents", b"", {})
    (incident,) = json.loads(body)["incidents"]
    place = f"/v1/incidents/{incident['id']}"
    whole = json.loads(request(stack.api, "GET", place, b"", {})[2])
    assert {"history", "cycles", "evidence"} <= set(whole)

    kind = {"content-type": "application/json"}
    by = json.dumps({"by": "ann", "seconds": 60}).encode()
    assert request(stack.api, "POST", f"{place}/ack", by, kind)[0] == 200
    assert json.loads(request(stack.api, "GET", place, b"", {})[2])["said_by"] == "ann"
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
        assert request(stack.api, method, path, sent_body, headers)[0] == status, path


def test_the_detectors_tell_how_they_are(stack: Stack) -> None:
    eventually(lambda: stack.metrics().get("fleetglass_detect_incidents") == 1)

    metrics = stack.metrics()
    assert metrics["fleetglass_detect_lag_spans"] == 0
    assert metrics["fleetglass_detect_spans_total"] > 800


def test_the_page_helps_at_three_in_the_morning(stack: Stack) -> None:
    finished(stack, FAILS)
    found = "SELECT i.hex AS id FROM incidents AS i WHERE agent = 'cashier'"
    eventually(lambda: len(stack.query(found)) == 1)
    id = stack.query(found)[0]["id"]
    page = cli(stack, "show", id[:8])

    assert "cashier: repeats the same step 8 times, and each fails [charge_card]" in page
    assert "charge_card, 8 times: TimeoutError: the gateway timed out for o-17" in page
    assert "warning, because it cost less than $5.00" in page
    assert "2.3" in page
    assert "an hour" not in page
    # What to do next can be typed as it stands.
    commands = [line.strip() for line in page.splitlines() if line.startswith("  fleetglass ")]
    assert any(command.startswith(f"fleetglass incidents ack {id[:8]}") for command in commands)
    (query,) = [shlex.split(command) for command in commands if " query " in command]
    assert "charge_card" in stack.run(*query[1:]).stdout
    assert "the run has ended" in page


def test_a_run_that_goes_on_can_be_halted_from_its_page(stack: Stack) -> None:
    code = FAILS.replace("cashier", "stuck")
    process = subprocess.Popen([sys.executable, "-c", code, f"http://127.0.0.1:{stack.http}", "on"])
    try:
        found = "SELECT i.hex AS id FROM incidents AS i WHERE agent = 'stuck'"
        eventually(lambda: len(stack.query(found)) == 1)
        page = cli(stack, "show", stack.query(found)[0]["id"][:8])
    finally:
        process.kill()
        process.wait()

    assert "the run goes on: its last span or heartbeat began" in page
    assert "fleetglass directives halt --agent stuck" in page
