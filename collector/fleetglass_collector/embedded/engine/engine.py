"""Runs one chDB engine in this process, with a new connection for every request.

A connection costs 0.4 ms. After the request it is closed, together with its settings, its
database and any leftover output. The output matters: after a query fails half way, chDB 4.4.0
puts that query's partial output in front of the next result on the same connection.
"""

import fcntl
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, cast

import chdb

from fleetglass_collector.embedded.engine.faults import Fault, fault
from fleetglass_collector.embedded.engine.limits import quote
from fleetglass_collector.errors import ConfigError

SYNTAX_ERROR = 62

# Small caches and pools, because the machine also runs other programs.
_SERVER = """<clickhouse>
<users_config>{users}</users_config>
<mark_cache_size>67108864</mark_cache_size>
<index_mark_cache_size>16777216</index_mark_cache_size>
<primary_index_cache_size>33554432</primary_index_cache_size>
<uncompressed_cache_size>0</uncompressed_cache_size>
<index_uncompressed_cache_size>0</index_uncompressed_cache_size>
<mmap_cache_size>16</mmap_cache_size>
<query_cache><max_size_in_bytes>0</max_size_in_bytes></query_cache>
<compiled_expression_cache_size>8388608</compiled_expression_cache_size>
<background_pool_size>2</background_pool_size>
<background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
<background_schedule_pool_size>4</background_schedule_pool_size>
<background_move_pool_size>1</background_move_pool_size>
<background_fetches_pool_size>1</background_fetches_pool_size>
<background_common_pool_size>2</background_common_pool_size>
<background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
<background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
</clickhouse>
"""
# chDB has no users, but it has roles: a connection that takes the reader role has only its rights.
_USERS = """<clickhouse>
<profiles><default></default></profiles>
<quotas><default></default></quotas>
<roles>
<owner><grants><query>GRANT ALL ON *.*</query></grants></owner>
<reader><grants><query>GRANT SHOW, SELECT, dictGet ON *.*</query>
<query>REVOKE SHOW, SELECT, dictGet ON fleetglass_secret.*</query></grants></reader>
</roles>
<users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile>
<quota>default</quota>
<grants><query>GRANT owner</query><query>GRANT reader</query></grants></default></users>
</clickhouse>
"""


class _Result(Protocol):
    def bytes(self) -> bytes: ...
    def rows_read(self) -> int: ...
    def rows_written(self) -> int: ...
    def bytes_written(self) -> int: ...
    def storage_rows_read(self) -> int: ...
    def storage_bytes_read(self) -> int: ...


class _Stream(Protocol):
    def __iter__(self) -> Iterator[_Result]: ...
    def cancel(self) -> None: ...


class _Raw(Protocol):
    def query(self, query: str, format: str = ..., params: Mapping[str, str] = ...) -> _Result: ...
    def send_query(
        self, query: str, format: str = ..., params: Mapping[str, str] = ...
    ) -> _Stream: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A whole result in memory."""

    body: bytes
    rows_read: int
    bytes_read: int
    rows: int
    written_rows: int
    written_bytes: int


# Only parts of chDB have types.
_connect = cast(Callable[[str], _Raw], getattr(chdb, "connect"))  # noqa: B009


class Connection:
    """One request's connection to the engine; every error becomes a Fault."""

    def __init__(self, path: str) -> None:
        self._raw = _connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._raw.close()

    def query(
        self, sql: str, format: str = "TSVRaw", params: Mapping[str, str] | None = None
    ) -> Result:
        try:
            result = self._raw.query(sql, format, params or {})
        except RuntimeError as error:
            raise fault(str(error)) from error
        return Result(
            body=result.bytes(),
            rows_read=result.storage_rows_read(),
            bytes_read=result.storage_bytes_read(),
            rows=result.rows_read(),
            written_rows=result.rows_written(),
            written_bytes=result.bytes_written(),
        )

    def stream(self, sql: str, format: str, params: Mapping[str, str]) -> Generator[bytes]:
        """Yield the result block by block; closing the iterator cancels the query."""
        try:
            stream = self._raw.send_query(sql, format, params)
        except RuntimeError as error:
            raise fault(str(error)) from error
        try:
            for block in stream:
                yield block.bytes()
        except RuntimeError as error:
            raise fault(str(error)) from error
        finally:
            stream.cancel()

    def set(self, settings: Mapping[str, str]) -> None:
        if settings:
            pairs = ", ".join(f"{name} = {quote(value)}" for name, value in settings.items())
            self.query(f"SET {pairs}")

    def use(self, database: str) -> None:
        escaped = database.replace("\\", "\\\\").replace("`", "\\`")
        self.query(f"USE `{escaped}`")

    def become_reader(self) -> None:
        """Take the reader role; with `readonly` set, nothing can undo the role or a limit."""
        self.query("SET ROLE reader")
        self.query("SET readonly = 1")

    def syntax_tree(self, sql: str, params: Mapping[str, str]) -> str:
        return self.query(f"EXPLAIN AST {sql}", params=params).body.decode(errors="replace")

    def must_be_single(self, sql: str) -> None:
        if self._classified(sql)["statement_count"] > 1:
            raise Fault(SYNTAX_ERROR, "Multi-statements are not allowed. (SYNTAX_ERROR)")

    def only_reads(self, sql: str) -> bool:
        facts = self._classified(sql)
        # A text that does not parse passes here, so that the engine can report the syntax error.
        return facts["statement_count"] == 0 or bool(facts["query_class"].name == "READ_ONLY")

    def _classified(self, sql: str) -> dict[str, Any]:
        # chDB's own Connection does not have this method, but the connection inside it does.
        facts: dict[str, Any] = cast(Any, self._raw)._conn.classify_query(sql)
        return facts


class Engine:
    """The engine on one folder, which only one process may use at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder)
        self.folder = folder
        try:
            _refuse_locked(folder)
            server = _write_configuration(folder)
            self._keeper = Connection(f"{folder}?config-file={server}")
        except OSError as error:
            raise ConfigError(f"cannot use {str(folder)!r}: {error.strerror}") from error
        except RuntimeError as error:
            raise ConfigError(f"cannot open the store {str(folder)!r}: {error}") from error

    def connection(self) -> Connection:
        return Connection(self._path)

    def kill(self, marker: str) -> None:
        """End the query whose `log_comment` is this marker, if it still runs."""
        with self.connection() as connection:
            connection.query(f"KILL QUERY WHERE Settings['log_comment'] = {quote(marker)} ASYNC")

    def close(self) -> None:
        self._keeper.__exit__(None, None, None)


def _write_configuration(folder: Path) -> Path:
    place = folder / "config"
    place.mkdir(parents=True, exist_ok=True)
    users, server = place / "users.xml", place / "server.xml"
    users.write_text(_USERS)
    server.write_text(_SERVER.format(users=users.absolute()))
    return server.absolute()


def _refuse_locked(folder: Path) -> None:
    """Raise a short error if another process holds the folder.

    The engine itself would report this only on stderr, with a long text.
    """
    status = folder / "status"
    if not status.exists():
        return
    with status.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"the store {str(folder)!r} is held by another process; stop that `fleetglass`, "
                "or start this one with another --data folder"
            ) from error
