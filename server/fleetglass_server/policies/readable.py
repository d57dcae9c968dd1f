"""A reader as the detectors' code wants a database; it refuses to write."""

from collections.abc import Mapping
from typing import Any

from fleetglass_collector.store.reader import Reader


class ReadOnly:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def query(
        self, sql: str, *, fmt: str = "JSONEachRow", parameters: Mapping[str, Any] | None = None
    ) -> bytes:
        assert fmt == "JSONEachRow"
        return self._reader.query(sql, parameters=parameters or {})

    def insert(self, table: str, rows: bytes, *, fmt: str = "JSONEachRow", token: str = "") -> None:
        raise NotImplementedError("a reader cannot write")
