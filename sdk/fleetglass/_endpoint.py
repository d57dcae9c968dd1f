"""Asks the collector for directives."""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from fleetglass._directives import Directive

PATH = "/v1/directives"
TIMEOUT_S = 2.0
MAX_BYTES = 1 << 20


class Endpoint:
    """Keeps one connection open while it works."""

    def __init__(self, endpoint: str, key: str) -> None:
        self._url = urlsplit(endpoint)
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._connection: HTTPConnection | None = None

    def __call__(self) -> list[Directive]:
        try:
            return self._ask()
        except BaseException:
            if self._connection:
                self._connection.close()
            self._connection = None
            raise

    def _ask(self) -> list[Directive]:
        connection = self._connection or self._connect()
        self._connection = connection
        connection.request("GET", self._url.path.rstrip("/") + PATH, headers=self._headers)
        answer = connection.getresponse()
        body = answer.read(MAX_BYTES)
        if answer.status != 200:
            raise HTTPException(f"the collector answered {answer.status}")
        told = json.loads(body)["directives"]
        return [Directive.of(item) for item in told if item["action"] in ("halt", "throttle")]

    def _connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        return kind(self._url.hostname or "localhost", port, timeout=TIMEOUT_S)
