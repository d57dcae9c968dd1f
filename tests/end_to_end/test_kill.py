"""Acknowledged spans are never lost or stored twice, whichever process is killed at any time."""

import http.client
import os
import random
import signal
import threading
import time
from pathlib import Path

from kit.spans import request
from kit.stack import Stack, eventually

ROUNDS = int(os.environ.get("KILL_ROUNDS", "9"))
SPANS = 10


class Load:
    """Sends requests of one trace each, and remembers which were acknowledged."""

    def __init__(self, stack: Stack) -> None:
        self.acknowledged: set[str] = set()
        self.sent = 0
        self._stack = stack
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(3)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._stop.is_set():
            trace_id = os.urandom(16)
            self.sent += 1
            try:
                code, _, _ = self._stack.post(request(SPANS, trace_id=trace_id))
            except (OSError, http.client.HTTPException):
                self._stop.wait(0.02)
                continue
            if code == 200:
                self.acknowledged.add(trace_id.hex())


def kill(stack: Stack, victim: str) -> None:
    if victim == "all":
        stack.kill()
        stack.start()
        return
    eventually(lambda: stack.child(victim) is not None)
    pid = stack.child(victim)
    assert pid
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: stack.child(victim) not in (None, pid))


def test_every_acknowledged_span_is_stored_exactly_once(tmp_path: Path) -> None:
    rng = random.Random(20261121)
    stack = Stack(tmp_path / "data")
    stack.start()
    load = Load(stack)
    try:
        for index in range(ROUNDS):
            time.sleep(rng.uniform(0.05, 0.7))
            kill(stack, ("all", "collect", "store")[index % 3])
        time.sleep(0.5)
        load.stop()
        eventually(lambda: stack.metrics()["fleetglass_spans_waiting"] == 0, within_s=60)
        stored = {
            row["TraceId"]: (row["rows"], row["spans"])
            for row in stack.query(
                "SELECT TraceId, toInt32(count()) AS rows, toInt32(uniqExact(SpanId)) AS spans "
                "FROM otel_traces GROUP BY TraceId"
            )
        }
        metrics = stack.metrics()
    finally:
        load.stop()
        stack.stop()

    assert len(load.acknowledged) > 100
    assert {trace: stored.get(trace) for trace in load.acknowledged} == dict.fromkeys(
        load.acknowledged, (SPANS, SPANS)
    )
    # A request in the journal is stored once, even if a kill prevented its acknowledgement.
    assert set(stored.values()) == {(SPANS, SPANS)}
    assert metrics["fleetglass_spans_unaccounted"] == 0
    assert metrics["fleetglass_spans_accepted_total"] == SPANS * len(stored)
