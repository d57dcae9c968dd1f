"""The detectors are killed and started again, and say the same as if they had never stopped."""

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

from fleetglass_collector.files import DRAFT
from fleetglass_detectors.engine.checkpoint import encode
from fleetglass_server.processes.kept import KeptFile

KILLS = int(os.environ.get("DETECT_KILLS", "5"))


class Engine:
    """A detect process of its own: under `up` the supervisor waits longer after each early end."""

    def __init__(self, collector: Stack) -> None:
        self._collector = collector
        self._process: subprocess.Popen[bytes] | None = None
        self.log = collector.folder.with_suffix(".detect.log")

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fleetglass_server", "detect"],
                env=self._collector.environment,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    def kill(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Stack, Engine]]:
    """A collector with its store, and an engine; each is started and ended by itself."""
    folder = tmp_path_factory.mktemp("detect") / "data"
    collector = Stack(folder)
    store = Stack(folder, query_port=collector.query_port)
    store.start_store()
    collector.start("collect", "--alone")
    eventually(lambda: has_tables(store))
    engine = Engine(collector)
    engine.start()
    yield collector, engine
    engine.kill()
    collector.stop()
    store.stop()


def has_tables(store: Stack) -> bool:
    return request(store.query_port, "POST", "/", b"SELECT 1 FROM incidents", {})[0] == 200


def sent(stack: Stack, *requests: dict[str, Any]) -> None:
    headers = {"content-type": "application/json"}
    for body in requests:
        assert (
            request(stack.http, "POST", "/v1/traces", json.dumps(body).encode(), headers)[0] == 200
        )


def incidents(stack: Stack) -> list[dict[str, Any]]:
    return stack.query("SELECT hex AS id, * EXCEPT (id, hex) FROM incidents AS i ORDER BY trace_id")


def test_killed_again_and_again_it_says_the_same(parts: tuple[Stack, Engine]) -> None:
    stack, engine = parts
    chance = random.Random(KILLS)
    looping = [n for n in range(100, 100 + 6 * KILLS) if n % 3 == 0]
    for n in range(100, 100 + 6 * KILLS):
        words = ["a", "b"] * 4 if n in looping else [f"page:{m}" for m in range(8)]
        sent(stack, run_of(words, trace=n, start_ns=time.time_ns()))
        if n % 6 == 5:
            time.sleep(3 * chance.random())
            engine.kill()
            engine.start()
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
    parts: tuple[Stack, Engine],
) -> None:
    stack, engine = parts
    file = stack.folder / "detect" / "checkpoint-0-of-1"
    eventually(file.exists)
    KeptFile(file).save(*encode({"feed": "another version's"}))
    # Where it is drafted something is in the way: none can be written.
    file.with_name(file.name + DRAFT).mkdir(exist_ok=True)
    engine.kill()
    engine.start()
    sent(stack, run_of(["q"] * 5, trace=7777, start_ns=time.time_ns()))

    eventually(lambda: trace_id(7777) in {i["trace_id"] for i in incidents(stack)}, within_s=60)
    assert file.with_suffix(".unusable").exists()
    assert "is set aside" in engine.log.read_text()
    eventually(lambda: "cannot write the checkpoint" in engine.log.read_text())
