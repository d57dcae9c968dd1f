"""What the detectors ask of a database; they are handed one, and know none by name."""

from collections.abc import Mapping
from typing import Any, Protocol


class Database(Protocol):
    """ClickHouse, however it is reached. Each call may raise what its owner raises and handles."""

    def query(
        self, sql: str, *, fmt: str = "JSONEachRow", parameters: Mapping[str, Any] | None = None
    ) -> bytes: ...
    def insert(
        self, table: str, rows: bytes, *, fmt: str = "JSONEachRow", token: str = ""
    ) -> None: ...
