"""Reads spans for settling, as columns of numbers and rows of bytes."""

from collections.abc import Iterable
from importlib.resources import files
from string import Template

import numpy as np

from fleetglass_collector.dialects.sql import HELD_COST
from fleetglass_collector.settle.row import REST
from fleetglass_collector.settle.spans import KIND, NUMBERS, PIECES, Spans, none
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.schema import quoted

SQL = Template((files("fleetglass_collector.settle") / "sql" / "read.sql").read_text())


def read(store: Store, where: str) -> tuple[Spans, list[bytes]]:
    """The spans that a condition holds for, in order of arrival."""
    body = memoryview(store.query(_sql(where), fmt="RowBinary"))
    if not body:
        return none(), []
    spans: Spans = {}
    for name in NUMBERS:
        count, body = _varint(body)
        spans[name] = np.frombuffer(body[: 8 * count], np.uint64).copy()
        body = body[8 * count :]
    size, body = _varint(body)
    return spans, _cut(bytes(body[:size]), spans)


def of_traces(store: Store, traces: Iterable[str]) -> tuple[Spans, list[bytes]]:
    names = ", ".join(map(quoted, traces))
    return read(store, f"trace_id IN ({names})") if names else (none(), [])


def _cut(rows: bytes, spans: Spans) -> list[bytes]:
    lengths = sum((spans[f"{piece}_length"] for piece in PIECES), np.zeros(1, np.uint64))
    ends = np.cumsum(lengths, dtype=np.uint64).tolist()
    return [rows[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _sql(where: str) -> str:
    return SQL.substitute(
        numbers=",\n    ".join(f"groupArray(n_{name}::UInt64)" for name in NUMBERS),
        lengths=",\n        ".join(f"length({piece}_row) AS n_{piece}_length" for piece in PIECES),
        row=", ".join(f"{piece}_row" for piece in PIECES),
        rest=REST,
        held_cost=HELD_COST,
        kinds=", ".join(map(quoted, KIND)),
        kind_codes=", ".join(map(str, KIND.values())),
        other=str(KIND["other"]),
        tool=str(KIND["tool"]),
        where=where,
    )


def _varint(body: memoryview) -> tuple[int, memoryview]:
    number = 0
    for at, byte in enumerate(body):
        number |= (byte & 127) << 7 * at
        if byte < 128:
            return number, body[at + 1 :]
    raise ValueError("the answer broke off")
