"""The rows of `agent_spans` for some requests, after they are stored and settled."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from kit.databases import segment

TABLES = ("otel_traces", "agent_spans_rows", "agent_minutes", "agent_runs", "settled")

Row = dict[str, Any]


def empty(store: Store) -> None:
    for table in TABLES:
        store.command(f"TRUNCATE TABLE {table}")


def settled(store: Store, bodies: Iterable[bytes]) -> list[Row]:
    """Empty the tables, insert, settle, and return the rows in the order of their start."""
    empty(store)
    store.insert_segment(segment(bodies), uuid.uuid4().hex)
    with Settler.open(store) as settler:
        settler.settle()
    return rows(store)


def rows(store: Store) -> list[Row]:
    return ask(store, "SELECT * FROM agent_spans ORDER BY start_time, span_id")


def ask(store: Store, sql: str) -> list[Row]:
    settings = "SETTINGS output_format_json_quote_64bit_integers = 0"
    return [json.loads(line) for line in store.query(f"{sql} {settings}").splitlines()]
