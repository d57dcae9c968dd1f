"""A database for tests, and functions to fill and read it."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from fleetglass_collector.access.owner import owner_secret
from fleetglass_collector.embedded.users import WRITER
from fleetglass_collector.journal.record import Facts, frame
from fleetglass_collector.store.client import Store
from kit.otlp_rows import Pairs, Row
from kit.stack import eventually, free_port

# Read maps as arrays of pairs: in a JSON object, a key that occurs twice is lost.
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
def running_store(folder: Path) -> Generator[str]:
    """Run a store in its own process; yield the DSN of its writer."""
    listen = f"127.0.0.1:{free_port()}"
    environment = {**os.environ, "FLEETGLASS_DATA": str(folder), "FLEETGLASS_QUERY_LISTEN": listen}
    command = [sys.executable, "-m", "fleetglass_server", "store"]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    dsn = f"http://{WRITER}:{owner_secret(folder)}@{listen}"
    try:
        with opened(dsn) as store:
            eventually(store.ping)
        yield dsn
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def opened(dsn: str, *, database: str = "default") -> Generator[Store]:
    store = Store.open(dsn, database=database, timeout_s=60)
    try:
        yield store
    finally:
        store.close()


def segment(bodies: Iterable[bytes], *, tenant: str = "default", number: int = 1) -> bytes:
    facts = Facts(tenant=tenant, segment=number, received_ns=time.time_ns(), spans=0, offset=0)
    return b"".join(part for body in bodies for part in frame(body, facts))


def stored(store: Store, bodies: Iterable[bytes], *, tenant: str = "default") -> list[Row]:
    """Empty the table, insert the bodies, and return the rows in any order."""
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
