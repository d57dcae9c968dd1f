"""Sends recorded OTLP again, in requests of a suitable size, and counts what was refused."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from fleetglass_collector.errors import StoreError
from fleetglass_server.recordings.recording import Broken, Recorded, read

# Large enough to keep acknowledgements cheap, small enough to show progress.
REQUEST_BYTES = 2 << 20
SHOWN_FAILURES = 20
# Statuses that concern one request only. Any other refusal would come for every request.
_ABOUT_THE_REQUEST = frozenset({400, 413, 422, 500})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    message: str = ""
    rejected: int = 0


class Send(Protocol):
    """Sends one request until it is accepted or refused; StoreError if nothing answers."""

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

    def fail(self, place: str, reason: str) -> None:
        self.failed += 1
        if len(self.failures) < SHOWN_FAILURES:
            self.failures.append(f"{place}: {reason}")


class Replay:
    """Sends some files. `tally` is correct at any moment, also after an error."""

    def __init__(self, send: Send, *, limit: int, offset_ns: int = 0) -> None:
        self.tally = Tally()
        self._send = send
        self._limit = min(limit, REQUEST_BYTES)
        self._offset_ns = offset_ns

    def file(self, file: Path, at: Callable[[int], None] = lambda _: None) -> None:
        """Send a file's spans.

        Raises:
            StoreError: Nothing answers, or every request would be refused for the same reason.
        """
        batch: list[Recorded] = []
        size = 0
        for item in read(file, at):
            if isinstance(item, Broken):
                self.tally.fail(item.place, item.reason)
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
        """Send a batch. If it is refused, halve it until the bad span is alone."""
        request = ExportTraceServiceRequest()
        for part in batch:
            request.resource_spans.extend(part.request.resource_spans)
        spans = count(request)
        answer = self._send(request.SerializeToString())
        if answer.status == 200:
            rejected = min(answer.rejected, spans)
            self.tally.sent += spans - rejected
            if rejected:
                self.tally.rejected[answer.message or "the receiver gave no reason"] += rejected
            return
        reason = f"the receiver answered {answer.status}: {answer.message}"
        if answer.status not in _ABOUT_THE_REQUEST:
            raise StoreError(reason, code=answer.status)
        halves = _halves(batch)
        if not halves:
            self.tally.fail(batch[0].place, reason)
        for half in halves:
            self._deliver(half)


def newest(files: Iterable[Path]) -> int:
    """Return the latest end time of a span in the files, or 0 if there is no span."""
    times = (
        max(span.end_time_unix_nano, span.start_time_unix_nano)
        for file in files
        for item in read(file)
        if isinstance(item, Recorded)
        for span in _spans(item.request)
    )
    return max(times, default=0)


def shift(request: ExportTraceServiceRequest, offset_ns: int) -> None:
    """Move all times by the offset. A time that is not set stays unset."""
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
    """Yield the same spans in requests of at most `limit` bytes, except for larger single spans."""
    halves = _halves([item]) if item.request.ByteSize() > limit else []
    if not halves:
        yield item
    for half in halves:
        yield from split(half[0], limit)


def _halves(batch: Sequence[Recorded]) -> list[Sequence[Recorded]]:
    """Return the two halves of a batch, or none if it is a single span."""
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
            copy = request.resource_spans.add(schema_url=resource.schema_url)
            copy.resource.CopyFrom(resource.resource)
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
