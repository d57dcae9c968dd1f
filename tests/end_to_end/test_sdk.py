"""Agents with the SDK against a real collector, and what the database then contains."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from kit.stack import Stack, eventually

THREADS = """
import sys, threading, fleetglass
fleetglass.configure(service="threads", endpoint=sys.argv[1], exit_s=60)

@fleetglass.tool
def act(x): return x

@fleetglass.agent("worker", version="7")
def work(n):
    for i in range(999): act(i)

threads = [threading.Thread(target=work, args=(n,)) for n in range(100)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
HANGS = """
import sys, time, fleetglass
fleetglass.configure(service="hangs", endpoint=sys.argv[1], delay_s=0.1)
with fleetglass.run("stuck", cadence="1s"):
    with fleetglass.llm_call("gpt-4o", provider="openai") as call:
        call.usage(input=1000, output=100)
    print("open", flush=True)
    time.sleep(600)
"""
OBEYS = """
import sys, time, fleetglass
fleetglass.configure(endpoint=sys.argv[1], guard=True)

@fleetglass.tool
def act(): pass

try:
    with fleetglass.run("busy", version="2"):
        print("open", flush=True)
        while True:
            act()
            time.sleep(0.05)
except fleetglass.Halted as halted:
    print(halted.reason, flush=True)
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("sdk") / "data", {})
    stack.start()
    yield stack
    stack.stop()


def started(stack: Stack, code: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, f"http://127.0.0.1:{stack.http}"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ours)


def numbers(stack: Stack, sql: str) -> list[int]:
    (row,) = stack.query(sql)
    return [int(value) for value in row.values()]


def test_a_hundred_threads_lose_nothing(stack: Stack) -> None:
    process = started(stack, THREADS)
    process.communicate(timeout=120)
    assert process.returncode == 0

    counts = (
        "SELECT countIf(kind = 'agent') AS a, countIf(kind = 'tool') AS t, uniqExact(run_id) AS r "
        "FROM agent_spans WHERE agent = 'worker' AND agent_version = '7'"
    )
    eventually(lambda: numbers(stack, counts) == [100, 99_900, 100], within_s=60)


def test_a_run_that_dies_with_its_process_is_recorded(stack: Stack) -> None:
    process = started(stack, HANGS)
    beats = (
        "SELECT count() AS n FROM otel_traces WHERE SpanName = 'fleetglass.heartbeat' "
        "AND SpanAttributes['gen_ai.agent.name'] = 'stuck'"
    )
    eventually(lambda: numbers(stack, beats)[0] >= 3)
    process.kill()
    process.communicate()

    sums = "SELECT max(ended) AS e, sum(input_tokens) AS t FROM agent_runs WHERE run_id IN ({})"
    run = "SELECT run_id FROM agent_spans WHERE agent = 'stuck'"
    assert numbers(stack, sums.format(run)) == [0, 1000]
    last = stack.query(
        "SELECT SpanAttributes['fleetglass.heartbeat.tokens'] AS tokens FROM otel_traces "
        "WHERE SpanName = 'fleetglass.heartbeat' ORDER BY Timestamp DESC LIMIT 1"
    )
    assert last == [{"tokens": "1100"}]


def test_a_halt_is_obeyed_and_can_be_lifted(stack: Stack, tmp_path: Path) -> None:
    process = started(stack, OBEYS)
    assert process.stdout
    assert process.stdout.readline() == "open\n"
    halt = stack.run("directives", "halt", "--agent", "busy", "--reason", "burns money")
    assert halt.stdout.startswith("halt: agent 'busy' of tenant 'default'\n")

    assert process.communicate(timeout=20)[0] == "burns money\n"
    assert "burns money" in stack.run("directives").stdout
    assert "resume" in stack.run("directives", "resume", "--all").stdout
    assert "every agent may run" in stack.run("directives").stdout
    assert stack.run("directives", "resume", "--all").returncode == 1


def test_a_directive_without_agents_needs_all(stack: Stack) -> None:
    refused = stack.run("directives", "halt")

    assert refused.returncode == 1
    assert "--all" in refused.stderr
