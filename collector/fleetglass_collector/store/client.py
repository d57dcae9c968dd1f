"""The connection to the database, embedded or a server, by ClickHouse's HTTP protocol."""

import ssl
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Self, cast
from urllib.parse import SplitResult, unquote, urlsplit

import clickhouse_connect
import urllib3
from clickhouse_connect.driver.exceptions import ClickHouseError, Error
from urllib3.exceptions import HTTPError

from fleetglass_collector.errors import ConfigError, DatabaseError, StoreError
from fleetglass_collector.store.schema.rendering import PROTO

CONNECT_TIMEOUT_S = 10

# The codes for bytes that do not fit the schema. Random damage raises only 32 and 444; the others
# are close relatives. Any other error counts as transient: a segment that is retried in vain shows
# in the metrics and loses nothing, but a segment that is set aside by mistake is not stored.
DATA_ERRORS = frozenset(
    {
        32,  # ATTEMPT_TO_READ_AFTER_EOF
        33,  # CANNOT_READ_ALL_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        131,  # TOO_LARGE_STRING_SIZE
        436,  # PROTOBUF_BAD_CAST
        444,  # UNKNOWN_PROTOBUF_FORMAT
    }
)

DEDUPLICATED: Mapping[str, str | int] = {
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    # Spans may be from any day, each a partition; a segment must not fail for it.
    "max_partitions_per_insert_block": 0,
    # The token numbers the blocks, so the same bytes must always make the same blocks.
    "max_insert_threads": 1,
    # Rows that belong together are combined by merges and queries, not in every small part.
    "optimize_on_insert": 0,
    # The views leave nothing to optimise, and every insert plans them again.
    "query_plan_enable_optimizations": 0,
    # In a cluster, an insert is confirmed once the rows are on their shards.
    "distributed_foreground_insert": 1,
}
SEGMENT_SETTINGS: Mapping[str, str | int] = {
    **DEDUPLICATED,
    "format_schema_source": "string",
    "format_schema": PROTO,
    "format_schema_message_name": "Request",
    "output_format_json_escape_forward_slashes": 0,
}


class Client(Protocol):
    """The part of clickhouse_connect's client that is used here."""

    database: str | None

    def raw_insert(
        self,
        table: str,
        *,
        insert_block: Any,
        fmt: str,
        settings: dict[str, Any],
        column_names: Sequence[str] | None = None,
    ) -> object: ...
    def raw_query(self, query: str, *, parameters: dict[str, Any], fmt: str) -> bytes: ...
    def command(self, cmd: str, *, use_database: bool = True) -> object: ...
    def ping(self) -> bool: ...
    def close(self) -> None: ...


class Store:
    """Connects at the first use, so it can be made while the database cannot be reached."""

    def __init__(self, connect: Callable[[], Client], *, database: str) -> None:
        self.database = database
        self._connect = connect
        self._lock = threading.Lock()
        self._client: Client | None = None

    @classmethod
    def open(
        cls, dsn: str, *, database: str, timeout_s: float, trust: ssl.SSLContext | None = None
    ) -> Self:
        """Take `http(s)://user:password@host:port`; `trust` says which certificates to accept.

        Raises:
            ConfigError: The DSN has another form. The message does not repeat it, because it may
                hold a password.
        """
        url = _parse(dsn)

        pool = urllib3.PoolManager(ssl_context=trust, assert_hostname=False) if trust else None

        def connect() -> Client:
            client = clickhouse_connect.get_client(  # pyright: ignore[reportUnknownMemberType]
                interface=url.scheme,
                host=url.hostname,
                port=url.port or (8443 if url.scheme == "https" else 8123),
                username=unquote(url.username or "default"),
                password=unquote(url.password or ""),
                connect_timeout=CONNECT_TIMEOUT_S,
                send_receive_timeout=max(1, round(timeout_s)),
                autogenerate_session_id=False,
                query_limit=0,
                compress=False,
                client_name="fleetglass",
                pool_mgr=pool,
            )
            return cast(Client, client)

        return cls(connect, database=database)

    def insert_segment(self, body: bytes | memoryview, token: str) -> None:
        """Store a segment; a second insert under the same token changes nothing.

        Raises:
            StoreError: The segment is not stored, or only a part of it: insert it again.
        """
        with self._connected() as client:
            client.raw_insert(
                "otlp_in",
                insert_block=body,
                fmt="Protobuf",
                settings={**SEGMENT_SETTINGS, "insert_deduplication_token": token},
            )

    def insert(
        self,
        table: str,
        rows: bytes,
        *,
        fmt: str = "JSONEachRow",
        token: str = "",
        columns: Sequence[str] = (),
    ) -> None:
        """Insert rows; with a token, sending them again changes nothing.

        `columns` says what the rows hold, for a format that does not.
        """
        settings = {**DEDUPLICATED, "insert_deduplication_token": token} if token else {}
        with self._connected() as client:
            client.raw_insert(
                table,
                insert_block=rows,
                fmt=fmt,
                settings=settings,
                column_names=columns or None,
            )

    def query(
        self, sql: str, *, fmt: str = "JSONEachRow", parameters: Mapping[str, Any] | None = None
    ) -> bytes:
        with self._connected() as client:
            return client.raw_query(sql, parameters=dict(parameters or {}), fmt=fmt)

    def command(self, sql: str) -> None:
        with self._connected() as client:
            client.command(sql)

    def create_database(self, on_cluster: str) -> None:
        """Make the database if it does not exist; `on_cluster` is a clause or empty."""
        with self._connected() as client:
            name = self.database.replace("`", "``")
            client.command(
                f"CREATE DATABASE IF NOT EXISTS `{name}`{on_cluster}", use_database=False
            )

    def ping(self) -> bool:
        try:
            with self._connected() as client:
                return client.ping()
        except StoreError:
            return False

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    @contextmanager
    def _connected(self) -> Generator[Client]:
        with _errors():
            with self._lock:
                if self._client is None:
                    self._client = self._connect()
                    # Not while connecting: the database may not exist yet.
                    self._client.database = self.database
                client = self._client
            yield client


@contextmanager
def _errors() -> Generator[None]:
    try:
        yield
    except ClickHouseError as error:
        code = (error.code if isinstance(error, Error) else None) or 0
        if not code and (reason := _network_reason(error)):
            raise StoreError(f"the database does not answer: {reason}") from error
        kind = DatabaseError if code in DATA_ERRORS else StoreError
        raise kind(str(error), code=code) from error
    except (HTTPError, OSError) as error:
        raise StoreError(f"the database does not answer: {error}") from error


def _network_reason(error: BaseException) -> str:
    """Return the operating system's message, without the request that the client's own quotes."""
    chain = list(_chain(error))
    messages = [link.strerror for link in chain if isinstance(link, OSError) and link.strerror]
    timed_out = any(isinstance(link, urllib3.exceptions.TimeoutError) for link in chain)
    return messages[0] if messages else "timed out" if timed_out else ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _parse(dsn: str) -> SplitResult:
    try:
        url = urlsplit(dsn)
        if url.scheme in ("http", "https") and url.hostname and url.port != 0:
            return url
    except ValueError:
        pass
    raise ConfigError("the DSN must be http(s)://user:password@host:port")
