"""A real fleetglass for tests, with its own processes, folder and free ports."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetglass_collector.access.owner import known_owner_key

START_S = STOP_S = 30.0


_given: set[int] = set()


def free_port() -> int:
    """Return a port that is free and that no test of this process was given before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _given:
            _given.add(port)
            return port


def eventually(holds: Callable[[], bool], *, within_s: float = 90.0) -> None:
    """Wait until a condition holds; raise AssertionError if it does not in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(0.02)


@dataclass
class Stack:
    """One installation. A test can start and kill it again and again."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict[str, str])
    http: int = field(default_factory=free_port)
    grpc: int = field(default_factory=free_port)
    query_port: int = field(default_factory=free_port)
    api: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _own_ports: tuple[int, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "FLEETGLASS_DATA": str(self.folder),
            "FLEETGLASS_RECEIVER_HTTP": f"127.0.0.1:{self.http}",
            "FLEETGLASS_RECEIVER_GRPC": f"127.0.0.1:{self.grpc}",
            "FLEETGLASS_QUERY_LISTEN": f"127.0.0.1:{self.query_port}",
            "FLEETGLASS_API_LISTEN": f"127.0.0.1:{self.api}",
            "FLEETGLASS_JOURNAL_SEGMENT_AGE_MS": "100",
            **self.settings,
        }

    @property
    def owner(self) -> dict[str, str]:
        """Headers with the owner's key, which is asked for as soon as there are other keys."""
        key = known_owner_key(self.folder)
        return {"authorization": f"Bearer {key}"} if key else {}

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    def start_store(self) -> None:
        self.spawn("store")
        eventually(lambda: answers(self.query_port) or self._ended(), within_s=START_S)
        assert not self._ended(), self.log.read_text()

    def start(self, *command: str) -> None:
        self.spawn(*(command or ("up",)))
        # A collector alone has no query port.
        ports = [self.http] if "--alone" in command else [self.http, self.query_port, self.api]
        eventually(lambda: _all_answer(ports) or self._ended(), within_s=START_S)
        assert not self._ended(), self.log.read_text()
        if self.query_port in ports and "FLEETGLASS_RECEIVER_TLS_KEY" not in self.settings:
            eventually(self._migrated)

    def _migrated(self) -> bool:
        return (
            request(self.query_port, "POST", "/", b"SELECT 1 FROM incidents", self.owner)[0] == 200
        )

    def spawn(self, *command: str) -> None:
        http = () if command == ("store",) else (self.http,)
        query = () if "--alone" in command else (self.query_port,)
        api = (self.api,) if http and query else ()
        self._own_ports = (*http, *query, *api)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fleetglass_server", *command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """Kill the supervisor with SIGKILL; its children then end by themselves."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def child(self, command: str) -> int | None:
        """Return the process id of the child that runs `command`, or None."""
        assert self.process
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in map(int, listing.read_text().split()):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if command.encode() in words:
                return pid
        return None

    def run(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fleetglass_server", *command],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )

    def post(
        self, body: bytes, kind: str = "application/x-protobuf", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        return request(self.http, "POST", "/v1/traces", body, {"content-type": kind, **headers})

    def query(self, sql: str) -> list[dict[str, Any]]:
        path = "/?" + urllib.parse.urlencode({"default_format": "JSONEachRow"})
        code, _, body = request(self.query_port, "POST", path, sql.encode(), self.owner)
        assert code == 200, body
        return [json.loads(line) for line in body.splitlines()]

    def count(self, where: str = "1") -> int:
        rows = self.query(f"SELECT count() AS n FROM otel_traces WHERE {where}")
        return int(rows[0]["n"])

    def metrics(self) -> dict[str, float]:
        _, _, body = request(self.http, "GET", "/metrics", b"", self.owner)
        return {
            name: float(value)
            for name, value in re.findall(r"^(fleetglass_\w+) (\S+)$", body.decode(), re.MULTILINE)
        }

    def settled(self) -> bool:
        return self.metrics()["fleetglass_spans_waiting"] == 0

    def _ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _end(self, number: signal.Signals) -> int:
        if not self.process:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(STOP_S)
        self.process = None
        eventually(lambda: not any(map(answers, self._own_ports)), within_s=STOP_S)
        return code


def _all_answer(ports: list[int]) -> bool:
    return all(answers(port) for port in ports)


def answers(port: int) -> bool:
    """Return whether something listens on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def request(
    port: int,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    *,
    timeout_s: float = 60,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@contextmanager
def running(folder: Path, *command: str, **settings: str) -> Generator[Stack]:
    stack = Stack(folder / "data", settings)
    try:
        stack.start(*command)
        yield stack
    finally:
        stack.stop()
