"""Sends SQL to the database over HTTP and passes the result on as it arrives."""

import http.client
import json
import re
from collections.abc import Generator, Mapping
from typing import Any, Self
from urllib.parse import urlencode

from fleetglass_collector.access.owner import known_owner_key
from fleetglass_collector.config import Config
from fleetglass_collector.errors import DatabaseError, StoreError
from fleetglass_collector.store.endpoint import Endpoint, basic, reason

CHUNK_BYTES = 64 << 10
MESSAGE_BYTES = 64 << 10
QUERY_TIMEOUT_S = 60.0
_VERSION = re.compile(r"\s*\(version [^()]*(\([^()]*\))?\)")
_EXPECTED = re.compile(r"(Expected one of: [^,]*(?:, [^,]*){4}),[^\n]*(?=\. \(SYNTAX_ERROR\))")


class Reader:
    def __init__(self, endpoint: Endpoint, *, database: str, key: str = "") -> None:
        self.endpoint = endpoint
        self._database = database
        password = key or endpoint.password
        named = endpoint.user or (password and "default")
        self._headers = {"authorization": basic(named, password)} if named else {}

    @classmethod
    def of(cls, config: Config, *, key: str = "") -> Self:
        """Return a reader of the configured database, embedded or a server.

        Without a key, it reads an embedded store as its owner if it can read the data folder.
        """
        dsn = config.store.dsn
        if not key and not config.is_remote:
            key = known_owner_key(config.folder)
        endpoint = (
            Endpoint.at(dsn, port=8443 if dsn.startswith("https") else 8123)
            if config.is_remote
            else Endpoint.of_listener(
                config.query.listen, certificate=config.receiver.tls_certificate
            )
        )
        return cls(endpoint, database=config.store.database, key=key)

    def stream(
        self, sql: str, format: str, *, timeout_s: float | None = None, **parameters: str
    ) -> Generator[bytes]:
        """Yield the result in pieces.

        Raises:
            StoreError: The database cannot be reached, refuses, or breaks off in the middle.
        """
        path = self._path({"default_format": format, **parameters})
        try:
            connection = self.endpoint.connect(timeout_s=timeout_s)
        except OSError as error:
            raise StoreError(f"{self.endpoint}: {reason(error)}") from error
        try:
            connection.request("POST", path, sql.encode(errors="surrogateescape"), self._headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise _refused(answer)
            yield from _pieces(answer)
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(f"{self.endpoint} broke off: {reason(error)}") from error
        finally:
            connection.close()

    def query(self, sql: str, *, parameters: Mapping[str, Any] | None = None) -> bytes:
        """Return a small result as lines of JSON, like `Store.query`."""
        named = {f"param_{name}": _parameter(value) for name, value in (parameters or {}).items()}
        return b"".join(self.stream(sql, "JSONEachRow", timeout_s=QUERY_TIMEOUT_S, **named))

    def rows(self, sql: str, *, timeout_s: float = 10.0, **parameters: str) -> list[dict[str, Any]]:
        """Return a small result; query parameters are passed as `param_name=...`."""
        result = b"".join(self.stream(sql, "JSONEachRow", timeout_s=timeout_s, **parameters))
        try:
            rows = [json.loads(line) for line in result.splitlines()]
        except ValueError as error:
            raise DatabaseError(f"{self.endpoint} is not ClickHouse") from error
        return [row for row in rows if isinstance(row, dict)]

    def _path(self, query: Mapping[str, str]) -> str:
        return f"{self.endpoint.path or '/'}?{urlencode({'database': self._database, **query})}"


def _parameter(value: object) -> str:
    """Return a parameter as ClickHouse reads it: a list of texts is quoted, a text is escaped."""
    if isinstance(value, list | tuple):
        items: list[object] = [*value]  # pyright: ignore[reportUnknownArgumentType]
        return f"[{', '.join(_quoted(str(item)) for item in items)}]"
    return _escaped(str(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _pieces(answer: http.client.HTTPResponse) -> Generator[bytes]:
    """Yield the body. An error after its first byte comes at its end, behind a mark."""
    tag = (answer.getheader("X-ClickHouse-Exception-Tag") or "").encode()
    mark = b"\r\n__exception__\r\n" + tag
    pending = b""
    try:
        while piece := answer.read1(CHUNK_BYTES):
            pending += piece
            at = pending.find(mark) if tag else len(pending)
            # The mark may begin in one piece and end in the next.
            cut = at if at >= 0 else max(0, len(pending) - len(mark))
            yield pending[:cut]
            pending = pending[cut:]
        if answer.length:
            raise http.client.IncompleteRead(b"")
    except (OSError, http.client.HTTPException):
        # After an error the database breaks off.
        if not (tag and pending.startswith(mark)):
            yield pending
            raise
    if tag and pending.startswith(mark):
        raise DatabaseError(_error_in_body(pending[len(mark) :], tag))
    yield pending


def _error_in_body(message: bytes, tag: bytes) -> str:
    """Return the message, without the last line, which gives its length and repeats the tag."""
    end = rb"\s+\d+ " + re.escape(tag) + rb"\s+__exception__\s*$"
    return _plain(re.sub(end, b"", message).decode(errors="replace").strip())


def _refused(answer: http.client.HTTPResponse) -> StoreError:
    message = answer.read(MESSAGE_BYTES).decode(errors="replace").strip()
    code = answer.getheader("X-ClickHouse-Exception-Code") or ""
    kind = StoreError if answer.status in (429, 502, 503, 504) else DatabaseError
    return kind(
        _plain(message) or f"the database answered {answer.status} {answer.reason}",
        code=int(code) if code.isdecimal() else 0,
    )


def _plain(message: str) -> str:
    """Leave out the version, and most of the list of what the parser expected."""
    return _EXPECTED.sub(r"\1, ...", _VERSION.sub("", message)).strip()
