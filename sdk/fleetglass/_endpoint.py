"""Asks the collector: for directives, for the policy, for the approval of a call."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from fleetglass._directives import Directive

TIMEOUT_S = 2.0
MAX_BYTES = 4 << 20


class Endpoint:
    """Keeps one connection open while it works. One thread at a time may use it."""

    def __init__(self, endpoint: str, key: str) -> None:
        self._url = urlsplit(endpoint)
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._connection: HTTPConnection | None = None

    def get(self, path: str) -> Any:
        return self._asked("GET", path, None)

    def post(self, path: str, document: Mapping[str, Any]) -> Any:
        return self._asked("POST", path, json.dumps(document, default=str).encode())

    def _asked(self, method: str, path: str, body: bytes | None) -> Any:
        try:
            return self._ask(method, path, body)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        connection = self._connection or self._connect()
        self._connection = connection
        headers = self._headers | ({"content-type": "application/json"} if body else {})
        connection.request(method, self._url.path.rstrip("/") + path, body, headers)
        answer = connection.getresponse()
        text = answer.read(MAX_BYTES)
        if answer.status != 200:
            raise HTTPException(f"the collector answered {answer.status}")
        return json.loads(text)

    def _connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        return kind(self._url.hostname or "localhost", port, timeout=TIMEOUT_S)


def directives_at(endpoint: Endpoint) -> list[Directive]:
    told = endpoint.get("/v1/directives")["directives"]
    return [Directive.of(item) for item in told if item["action"] in ("halt", "throttle")]
