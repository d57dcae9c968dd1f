"""Reads spans for settling: all as numbers, and whole rows only if they are written again."""

import struct
from collections.abc import Iterator
from importlib.resources import files
from string import Template

import numpy as np

from fleetglass_collector.dialects import own
from fleetglass_collector.errors import StoreError
from fleetglass_collector.prices.sql import HELD_COST
from fleetglass_collector.settle.row import REST, Row
from fleetglass_collector.settle.spans import KIND, NUMBERS, WEIGHTS, Numbers, Spans, chosen, none
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.schema.clauses import quoted

SQL = files("fleetglass_collector.settle") / "sql"
READ = Template((SQL / "read.sql").read_text())
ROWS = Template((SQL / "rows.sql").read_text())
# A query names them all, and the database limits the size of a query.
ROWS_AT_ONCE = 5_000
HEAD = struct.Struct("<QQI")
PIECES_IN_A_ROW = 8

Rows = dict[tuple[int, int], Row]
"""By segment and key: a span that was delivered twice has two rows."""


def read(store: Store, where: str) -> Spans:
    """Return the spans that meet a condition, in order of arrival."""
    body = memoryview(store.query(_read(where), fmt="RowBinary"))
    if not body:
        return none()
    spans: Spans = {}
    for name in NUMBERS:
        count, body = _varint(body)
        spans[name] = np.frombuffer(body[: 8 * count], np.uint64)
        body = body[8 * count :]
    return chosen(spans, np.lexsort((spans["key"], spans["segment"])))


def of_traces(store: Store, traces: Numbers, segments: Numbers) -> Spans:
    """Return all spans of traces that have spans in these segments."""
    names = (
        f"SELECT trace_id FROM agent_spans_rows WHERE segment IN ({_listed(segments)}) "
        f"AND sipHash64(tenant, trace_id) IN ({_listed(traces)})"
    )
    return read(
        store, f"trace_id IN ({names}) AND sipHash64(tenant, trace_id) IN ({_listed(traces)})"
    )


def rows(store: Store, spans: Spans) -> Rows:
    """Return the rows of these spans; rows that are too old to be kept are missing."""
    result: Rows = {}
    for start in range(0, len(spans["key"]), ROWS_AT_ONCE):
        some = {name: column[start : start + ROWS_AT_ONCE] for name, column in spans.items()}
        wanted = zip(some["segment"].tolist(), some["key"].tolist(), strict=True)
        versions = dict(zip(wanted, some["version"].tolist(), strict=True))
        for place, version, row in _rows(store, some):
            if versions.get(place) == version:
                result[place] = row
            elif place in versions:
                raise StoreError(
                    "the database returned an old version of a row that was written again",
                )
    return result


def _rows(store: Store, spans: Spans) -> Iterator[tuple[tuple[int, int], int, Row]]:
    sql = ROWS.substitute(
        segments=_listed(np.unique(spans["segment"])),
        keys=_listed(spans["key"]),
        identity_own=", ".join(f"if({test}, {name}, '')" for name, test in _own_identity()),
        identity=", ".join(own.IDENTITY),
        held_cost=HELD_COST,
        rest=REST,
        **own.variables(),
    )
    body = memoryview(store.query(sql, fmt="RowBinary"))
    while body:
        key, segment, version = HEAD.unpack_from(body)
        body = body[HEAD.size :]
        pieces: list[bytes] = []
        for _ in range(PIECES_IN_A_ROW):
            size, body = _varint(body)
            pieces.append(bytes(body[:size]))
            body = body[size:]
        yield (segment, key), version, Row(*pieces)


def _read(where: str) -> str:
    return READ.substitute(
        numbers=",\n    ".join(f"groupArray(n_{name}::UInt64)" for name in NUMBERS),
        identity_hashes=", ".join(
            f"sipHash64({name}) * notEmpty({name}) AS h_{name}" for name in own.IDENTITY
        ),
        identity_own=", ".join(
            f"h_{name} * ({test}) AS n_{name}" for name, test in _own_identity()
        ),
        identity_now=" + ".join(f"{weight} * h_{name}" for name, weight in WEIGHTS.items()),
        kinds=", ".join(map(quoted, KIND)),
        kind_codes=", ".join(map(str, KIND.values())),
        other=str(KIND["other"]),
        tool=str(KIND["tool"]),
        where=where,
        **own.variables(),
    )


def _own_identity() -> Iterator[tuple[str, str]]:
    """Yield each column of the identity, and the SQL that says whether it is the span's own."""
    has_own = own.variables()
    for column in own.IDENTITY:
        otherwise = "" if column == "agent" else " OR as_it_arrived"
        yield column, has_own[f"has_own_{column}"] + otherwise


def _listed(numbers: Numbers) -> str:
    return ", ".join(map(str, numbers.tolist()))


def _varint(body: memoryview) -> tuple[int, memoryview]:
    number = 0
    for at, byte in enumerate(body):
        number |= (byte & 127) << 7 * at
        if byte < 128:
            return number, body[at + 1 :]
    raise ValueError("the answer broke off")
