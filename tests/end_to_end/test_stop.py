"""Stopping: in order, soon, and without losing spans."""

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

from kit.spans import request
from kit.stack import Stack, answers, eventually


def test_spans_accepted_before_ctrl_c_are_stored(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", {"FLEETGLASS_JOURNAL_SEGMENT_AGE_MS": "60000"})
    stack.start()
    for _ in range(50):
        assert stack.post(request(4))[0] == 200
    assert stack.process
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(30) == 0
    stack.start()
    try:
        assert stack.count() == 200
        assert stack.metrics()["fleetglass_spans_stored_total"] == 200
    finally:
        assert stack.stop() == 0


def test_a_child_that_dies_is_restarted(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    stack.start()
    try:
        for command in ("store", "collect"):
            pid = stack.child(command)
            assert pid
            os.kill(pid, signal.SIGKILL)
            eventually(lambda gone=pid, name=command: stack.child(name) not in (None, gone))
        eventually(lambda: _accepts(stack))
        eventually(lambda: stack.settled() and stack.count() > 0)
    finally:
        assert stack.stop() == 0


def _accepts(stack: Stack) -> bool:
    try:
        return stack.post(request())[0] == 200
    except OSError:
        return False


def test_a_process_ends_when_its_supervisor_dies_before_reading_ready(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "fleetglass_server", "collect", "--alone"]
    with theirs:
        environment = {**stack.environment, "FLEETGLASS_LIFELINE": str(theirs.fileno())}
        process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()])
    eventually(lambda: answers(stack.http))
    assert select.select([ours], [], [], 30)[0]
    ours.close()

    assert process.wait(30) == 1
