"""Sends recorded OTLP again, in requests of a good size, and tells what was refused."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from fleetglass_collector.errors import StoreError
from fleetglass_server.recordings.recording import Broken, Recorded, read

# Large enough that acknowledging costs little, small enough to show progress.
REQUEST_BYTES = 2 << 20
SHOWN_FAILURES = 20
# These say that one request will not do; other refusals would meet every request alike.
_ABOUT_THE_REQUEST = frozenset({400, 413, 422, 500})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    message: str = ""
    rejected: int = 0


class Send(Protocol):
    """Sends one request until it is answered for good; StoreError when nothing answers."""

    def __call__(self, body: bytes, /) -> Answer: ...


@dataclass(slots=True)
class Tally:
    sent: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    failed: int = 0
    failures: list[str] = field(default_factory=list[str])

    @property
    def clean(self) -> bool:
        return not self.failed and not self.rejected

    def fail(self, place: str, why: str) -> None:
        self.failed += 1
        if len(self.failures) < SHOWN_FAILURES:
            self.failures.append(f"{place}: {why}")


class Replay:
    """One run over some files; `tally` is right at any moment, also after an error."""

    def __init__(self, send: Send, *, limit: int, offset_ns: int = 0) -> None:
        self.tally = Tally()
        self._send = send
        self._limit = min(limit, REQUEST_BYTES)
        self._offset_ns = offset_ns

    def file(self, file: Path, at: Callable[[int], None] = lambda _: None) -> None:
        """Send a file's spans.

        Raises:
            StoreError: Nothing answers, or every request would be refused alike.
        """
        batch: list[Recorded] = []
        size = 0
        for item in read(file, at):
            if isinstance(item, Broken):
                self.tally.fail(item.place, item.why)
                continue
            shift(item.request, self._offset_ns)
            for part in split(item, self._limit):
                grown = part.request.ByteSize()
                if batch and size + grown > self._limit:
                    self._deliver(batch)
                    batch, size = [], 0
                batch.append(part)
                size += grown
        if batch:
            self._deliver(batch)

    def _deliver(self, batch: Sequence[Recorded]) -> None:
        """Send a batch; one that will not do is halved until what is wrong stands alone."""
        request = ExportTraceServiceRequest()
        for part in batch:
            request.resource_spans.extend(part.request.resource_spans)
        spans = count(request)
        answer = self._send(request.SerializeToString())
        if answer.status == 200:
            rejected = min(answer.rejected, spans)
            self.tally.sent += spans - rejected
            if rejected:
                self.tally.rejected[answer.message or "no reason was given"] += rejected
            return
        why = f"the receiver answered {answer.status}: {answer.message}"
        if answer.status not in _ABOUT_THE_REQUEST:
            raise StoreError(why, code=answer.status)
        halves = _halves(batch)
        if not halves:
            self.tally.fail(batch[0].place, why)
        for half in halves:
            self._deliver(half)


def newest(files: Iterable[Path]) -> int:
    """Return the latest end of a span in the files, 0 when there is none."""
    times = (
        max(span.end_time_unix_nano, span.start_time_unix_nano)
        for file in files
        for item in read(file)
        if isinstance(item, Recorded)
        for span in _spans(item.request)
    )
    return max(times, default=0)


def shift(request: ExportTraceServiceRequest, offset_ns: int) -> None:
    """Move all times; a time that was not set stays so."""
    if not offset_ns:
        return
    for span in _spans(request):
        span.start_time_unix_nano = _moved(span.start_time_unix_nano, offset_ns)
        span.end_time_unix_nano = _moved(span.end_time_unix_nano, offset_ns)
        for event in span.events:
            event.time_unix_nano = _moved(event.time_unix_nano, offset_ns)


def count(request: ExportTraceServiceRequest) -> int:
    return sum(
        len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans
    )


def split(item: Recorded, limit: int) -> Generator[Recorded]:
    """Yield the same spans in requests below the limit; a span is never cut."""
    halves = _halves([item]) if item.request.ByteSize() > limit else []
    if not halves:
        yield item
    for half in halves:
        yield from split(half[0], limit)


def _halves(batch: Sequence[Recorded]) -> list[Sequence[Recorded]]:
    """Return the batch as two, none when it is a single span."""
    if len(batch) > 1:
        middle = len(batch) // 2
        return [batch[:middle], batch[middle:]]
    item = batch[0]
    rows = [
        (resource, scope, span)
        for resource in item.request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    if len(rows) < 2:
        return []
    middle = len(rows) // 2
    return [
        [Recorded(place=item.place, request=_rebuilt(part))]
        for part in (rows[:middle], rows[middle:])
    ]


def _rebuilt(rows: Sequence[tuple[ResourceSpans, ScopeSpans, Span]]) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource_of = scope_of = None
    for resource, scope, span in rows:
        if resource is not resource_of:
            into = request.resource_spans.add(schema_url=resource.schema_url)
            into.resource.CopyFrom(resource.resource)
            resource_of, scope_of = resource, None
        if scope is not scope_of:
            inner = request.resource_spans[-1].scope_spans.add(schema_url=scope.schema_url)
            inner.scope.CopyFrom(scope.scope)
            scope_of = scope
        request.resource_spans[-1].scope_spans[-1].spans.append(span)
    return request


def _spans(request: ExportTraceServiceRequest) -> Generator[Span]:
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            yield from scope.spans


def _moved(time_ns: int, offset_ns: int) -> int:
    return min(max(time_ns + offset_ns, 1), (1 << 64) - 1) if time_ns else 0
