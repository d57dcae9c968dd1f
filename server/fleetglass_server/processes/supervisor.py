"""Starts our processes together, restarts those that end, and stops all of them in order."""

import contextlib
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import FrameType

from fleetglass_collector.backoff import Backoff
from fleetglass_server.processes.process import LIFELINE, READY

log = logging.getLogger(__name__)

POLL_S = 0.1
FIRST_RESTART_S, LONGEST_RESTART_S = 0.5, 30.0
# If a child ran for this long before it ended, its next restart is quick again.
STEADY_S = 60.0
STOP_TIMEOUT_S = 15.0


class Child:
    """One process. It reports over its lifeline that it is ready, and ends when that closes."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path | None = None,
    ) -> None:
        """`environment` is the whole environment. `log` receives its stderr, instead of ours."""
        self.name = name
        self._log = log
        self.ready = False
        self.was_ready = False
        self.restart_at = 0.0
        self._arguments = arguments
        self._environment = environment
        self._backoff = Backoff(FIRST_RESTART_S, LONGEST_RESTART_S)
        self._started = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: socket.socket | None = None

    def start(self) -> None:
        self._started = time.monotonic()
        ours, theirs = socket.socketpair()
        with theirs, self._log.open("ab") if self._log else nullcontext() as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fleetglass_server", *self._arguments],
                stdin=subprocess.DEVNULL,
                stderr=log,
                env={**self._environment, LIFELINE: str(theirs.fileno())},
                pass_fds=[theirs.fileno()],
                # Ctrl-C then reaches only us, so that we can stop the children in order.
                process_group=0,
            )
        ours.setblocking(False)
        self._lifeline = ours
        self.ready = False

    def poll(self) -> int | None:
        """Update `ready`; return the exit code if the process has ended, else None."""
        if self._lifeline and not self.ready:
            with contextlib.suppress(BlockingIOError, ConnectionResetError):
                self.ready = self._lifeline.recv(len(READY)) == READY
            self.was_ready |= self.ready
        return self._process.poll() if self._process else None

    def plan_restart(self) -> float:
        if time.monotonic() - self._started >= STEADY_S:
            self._backoff.reset()
        delay = self._backoff.next()
        self._forget()
        self.restart_at = time.monotonic() + delay
        return delay

    @property
    def waits(self) -> bool:
        return self._process is None

    def stop(self) -> None:
        if not self._process:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                log.warning("%s does not stop; killing it", self.name)
                self._process.kill()
                self._process.wait()
        self._forget()

    def kill(self) -> None:
        """End it at once; what it holds is lost."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._lifeline:
            self._lifeline.close()
        self._process = self._lifeline = None
        self.ready = False


def supervise(children: Sequence[Child], on_ready: Callable[[], None]) -> int:
    """Run the children until a signal, then stop them in the order of the list.

    If a child ends before it was ever ready, it has logged the reason. Then all children stop, and
    its exit code is returned.
    """
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    announced = False
    try:
        for child in children:
            child.start()
        while not stop.wait(POLL_S):
            if (code := _tend(children)) is not None:
                return code
            if not announced and all(child.ready for child in children):
                announced = True
                on_ready()
        return 0
    finally:
        for child in children:
            child.stop()


def _tend(children: Sequence[Child]) -> int | None:
    for child in children:
        if child.waits:
            if time.monotonic() >= child.restart_at:
                child.start()
            continue
        code = child.poll()
        if code is None:
            continue
        if not child.was_ready:
            return code or 1
        log.error("%s ended with exit code %d and will be restarted", child.name, code)
        child.plan_restart()
    return None
