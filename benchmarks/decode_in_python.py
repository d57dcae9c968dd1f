"""The straight way, for comparison: decode in Python, build rows, insert them.

    python benchmarks/decode_in_python.py PORT DATABASE_PORT PASSWORD

The same HTTP server and the same table as ours; no journal, an answer once the rows are in.
"""

import asyncio
import base64
import gzip
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import clickhouse_connect
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from fleetglass_collector.config import Receiver
from fleetglass_collector.receive.listener import serving
from fleetglass_collector.receive.rsgi import Exchange, Scope

KINDS = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
CODES = ("Unset", "Ok", "Error")
COLUMNS = [
    "Timestamp",
    "TraceId",
    "SpanId",
    "ParentSpanId",
    "TraceState",
    "SpanName",
    "SpanKind",
    "ServiceName",
    "ResourceAttributes",
    "ScopeName",
    "ScopeVersion",
    "SpanAttributes",
    "Duration",
    "StatusCode",
    "StatusMessage",
    "Events.Timestamp",
    "Events.Name",
    "Events.Attributes",
    "Links.TraceId",
    "Links.SpanId",
    "Links.TraceState",
    "Links.Attributes",
]
BATCH_ROWS = 20_000


def text(value: AnyValue) -> str:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind in ("array_value", "kvlist_value"):
        return json.dumps(MessageToDict(getattr(value, kind)))
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return str(getattr(value, kind)) if kind else ""


def attributes(pairs: Iterable[KeyValue]) -> dict[str, str]:
    return {pair.key: text(pair.value) for pair in pairs}


def when(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def row(span: Span, resource: dict[str, str], scope: tuple[str, str]) -> list[Any]:
    return [
        when(span.start_time_unix_nano),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.trace_state,
        span.name,
        KINDS[span.kind],
        resource.get("service.name", ""),
        resource,
        *scope,
        attributes(span.attributes),
        span.end_time_unix_nano - span.start_time_unix_nano,
        CODES[span.status.code],
        span.status.message,
        [when(event.time_unix_nano) for event in span.events],
        [event.name for event in span.events],
        [attributes(event.attributes) for event in span.events],
        [link.trace_id.hex() for link in span.links],
        [link.span_id.hex() for link in span.links],
        [link.trace_state for link in span.links],
        [attributes(link.attributes) for link in span.links],
    ]


def rows(body: bytes) -> list[list[Any]]:
    request = ExportTraceServiceRequest.FromString(gzip.decompress(body))
    return [
        row(span, resource, (scope_spans.scope.name, scope_spans.scope.version))
        for resource_spans in request.resource_spans
        for resource in [attributes(resource_spans.resource.attributes)]
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


class Straight:
    def __init__(self, port: int, password: str) -> None:
        library: Any = clickhouse_connect
        self._client = library.get_client(
            host="127.0.0.1", port=port, username="writer", password=password
        )
        self._rows: list[list[Any]] = []
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, exchange: Exchange) -> None:
        body = await exchange()
        self._rows += rows(body)
        if len(self._rows) >= BATCH_ROWS:
            await self.flush()
        exchange.response_bytes(200, [], b"")

    async def flush(self) -> None:
        async with self._turn:
            batch, self._rows = self._rows, []
            if batch:
                insert = self._client.insert
                await asyncio.to_thread(insert, "otel_traces", batch, column_names=COLUMNS)


async def main(port: int, database_port: int, password: str) -> None:
    app = Straight(database_port, password)
    async with serving(app, f"127.0.0.1:{port}", Receiver()):
        while True:
            await asyncio.sleep(1)
            await app.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
