"""The two calls that detectors make to a database. Their owner passes one in."""

from collections.abc import Mapping
from typing import Any, Protocol


class Database(Protocol):
    """ClickHouse. Detectors let its errors pass through; the owner of the database handles them."""

    def query(
        self, sql: str, *, fmt: str = "JSONEachRow", parameters: Mapping[str, Any] | None = None
    ) -> bytes: ...
    def insert(
        self, table: str, rows: bytes, *, fmt: str = "JSONEachRow", token: str = ""
    ) -> None: ...
