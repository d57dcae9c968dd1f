"""A database for tests, and what is in it."""

import json
import time
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import clickhouse_connect

from fleetglass_collector.config import Retention
from fleetglass_collector.journal.record import Facts, frame
from fleetglass_collector.store.client import Client, Store
from fleetglass_collector.store.migrate import migrate
from otlp_rows import Pairs, Row

# As arrays of pairs: a key that occurs twice is lost in a JSON object.
MAPS = ("ResourceAttributes", "SpanAttributes")
MAP_ARRAYS = ("Events.Attributes", "Links.Attributes")
COLUMNS = (
    "toUnixTimestamp64Nano(Timestamp) AS Timestamp",
    "arrayMap(t -> toUnixTimestamp64Nano(t), `Events.Timestamp`) AS `Events.Timestamp`",
    *(f"CAST({name}, 'Array(Tuple(String, String))') AS {name}" for name in MAPS),
    *(
        f"arrayMap(m -> CAST(m, 'Array(Tuple(String, String))'), `{name}`) AS `{name}`"
        for name in MAP_ARRAYS
    ),
    "* EXCEPT (Timestamp, `Events.Timestamp`, ResourceAttributes, SpanAttributes,"
    " `Events.Attributes`, `Links.Attributes`)",
)


@contextmanager
def chdb_store(folder: Path) -> Generator[Store]:
    """An empty, migrated database in this process."""

    def connect() -> Client:
        client = clickhouse_connect.get_client(  # pyright: ignore[reportUnknownMemberType]
            interface="chdb", path=str(folder)
        )
        return cast(Client, client)

    store = Store(connect, database="fleet")
    try:
        migrate(store, cluster="", retention=Retention())
        # A test's spans are of any time.
        store.command("SYSTEM STOP TTL MERGES otel_traces")
        yield store
    finally:
        store.close()


def segment(bodies: Iterable[bytes], *, tenant: str = "default") -> bytes:
    facts = Facts(tenant=tenant, segment=1, received_ns=time.time_ns(), spans=0, offset=0)
    return b"".join(part for body in bodies for part in frame(body, facts))


def stored(store: Store, bodies: Iterable[bytes], *, tenant: str = "default") -> list[Row]:
    """Insert into emptied tables; return what is there, in no particular order."""
    store.command("TRUNCATE TABLE otel_traces")
    store.insert_segment(segment(bodies, tenant=tenant), uuid.uuid4().hex)
    lines = store.query(
        f"SELECT {', '.join(COLUMNS)} FROM otel_traces "
        "SETTINGS output_format_json_quote_64bit_integers = 0, "
        "output_format_json_named_tuples_as_objects = 0"
    )
    return [_row(line) for line in lines.splitlines()]


def _row(line: bytes) -> Row:
    row: Row = json.loads(line)
    row |= {name: _tuples(row[name]) for name in MAPS}
    row |= {name: [_tuples(pairs) for pairs in row[name]] for name in MAP_ARRAYS}
    return row


def _tuples(pairs: list[list[str]]) -> Pairs:
    return [(key, value) for key, value in pairs]
