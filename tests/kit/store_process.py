"""A real store process for tests, with plain HTTP requests."""

import base64
import http.client
import os
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fleetglass_collector.access.owner import owner_secret
from kit.stack import free_port

START_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> int:
        return int(self.headers.get("x-clickhouse-exception-code", "0"))


@dataclass
class StoreProcess:
    folder: Path
    settings: dict[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def secret(self) -> str:
        return owner_secret(self.folder)

    def launch(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "FLEETGLASS_QUERY_LISTEN": f"127.0.0.1:{self.port}",
            **self.settings,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "fleetglass_server", "store", "--data", str(self.folder)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self) -> None:
        self.process = self.launch()
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, "the store does not answer"
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return self.get("/ping").status == 200
        except OSError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=START_S)
        return self.process.returncode

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes | None)
            )
            answer = connection.getresponse()
            return Response(
                status=answer.status,
                headers={name.lower(): value for name, value in answer.getheaders()},
                body=answer.read(),
            )
        finally:
            connection.close()

    def get(self, path: str, **params: str) -> Response:
        return self.request("GET", f"{path}?{urllib.parse.urlencode(params)}" if params else path)

    def read(self, sql: str, **params: str) -> Response:
        """Run SQL as a reader, with POST."""
        return self.request("POST", f"/?{urllib.parse.urlencode(params)}", sql.encode())

    def write(
        self, sql: str, data: bytes | Iterable[bytes] | None = None, **params: str
    ) -> Response:
        """Run SQL as the writer. If there is data, the SQL goes into the URL."""
        query = params if data is None else params | {"query": sql}
        return self.request(
            "POST",
            f"/?{urllib.parse.urlencode(query)}",
            sql.encode() if data is None else data,
            headers=self.writer_headers,
        )

    @property
    def writer_headers(self) -> dict[str, str]:
        token = base64.b64encode(f"writer:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {token}"}

    def count(self, table: str) -> int:
        return int(self.read(f"SELECT count() FROM {table}").text)


@contextmanager
def store_process(folder: Path, **settings: str) -> Generator[StoreProcess]:
    """Run a store; `settings` are environment variables."""
    store = StoreProcess(folder, settings)
    store.start()
    try:
        yield store
    finally:
        if store.process and store.process.poll() is None:
            store.process.kill()
            store.process.communicate()
