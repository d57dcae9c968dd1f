"""Heartbeats of open runs: spans without duration, sent only to the collector.

Heartbeat 0 says that a run has started, the later ones repeat with running totals. The totals have
names of their own, so nobody adds them up; what counts is told by the spans themselves.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status

from fleetglass import conventions as names
from fleetglass._run import Run
from fleetglass._version import __version__

SCOPE = InstrumentationScope("fleetglass", __version__)
Clock = Callable[[], int]


class Pulse:
    """Sends heartbeats for the runs that are open."""

    def __init__(self, *, clock: Clock = time.time_ns, ids: IdGenerator | None = None) -> None:
        self._clock = clock
        self._ids = ids or RandomIdGenerator()
        self._runs: dict[int, tuple[Run, Resource]] = {}

    def opened(self, run: Run, resource: Resource) -> None:
        self._runs[id(run)] = run, resource

    def closed(self, run: Run) -> None:
        self._runs.pop(id(run), None)

    def after_fork(self) -> None:
        """Forget the open runs after a fork: the parent reports them."""
        self._runs = {}

    def due(self) -> Iterator[ReadableSpan]:
        """Return heartbeats for runs whose next heartbeat is due."""
        now_s = time.monotonic()
        # Copied in one step, because other threads open and close runs meanwhile.
        for run, resource in list(self._runs.values()):
            if run.span is not None and now_s >= run.next_beat_s:
                run.next_beat_s = now_s + run.cadence_s
                yield self._beat(run, run.span, resource)
                run.beats += 1

    def _beat(self, run: Run, span: SpanContext, resource: Resource) -> ReadableSpan:
        told: dict[str, str | int | float] = {
            **run.attributes,
            names.KIND: "heartbeat",
            names.HEARTBEAT_NUMBER: run.beats,
            names.HEARTBEAT_OPEN_S: round(run.open_s, 3),
            names.HEARTBEAT_CADENCE_S: run.cadence_s,
            names.HEARTBEAT_STEPS: run.steps,
            names.HEARTBEAT_TOKENS: run.tokens,
            names.HEARTBEAT_USD: round(run.usd, 9),
            names.HEARTBEAT_LAST: run.last_step,
        }
        return self.instant(names.HEARTBEAT, told, resource, parent=span)

    def instant(
        self,
        name: str,
        attributes: Mapping[str, str | int | float],
        resource: Resource,
        *,
        parent: SpanContext | None = None,
    ) -> ReadableSpan:
        """Make a span without duration, which no other backend receives."""
        now = self._clock()
        return ReadableSpan(
            name=name,
            context=SpanContext(
                parent.trace_id if parent else self._ids.generate_trace_id(),
                self._ids.generate_span_id(),
                is_remote=False,
                trace_flags=parent.trace_flags if parent else None,
            ),
            parent=parent,
            resource=resource,
            attributes=dict(attributes),
            kind=SpanKind.INTERNAL,
            instrumentation_scope=SCOPE,
            status=Status(),
            start_time=now,
            end_time=now,
        )


def losses(lost: Mapping[str, int], told: dict[str, int]) -> Iterable[tuple[str, int]]:
    """Report the number of spans lost since the last report, by reason."""
    for reason, count in list(lost.items()):
        if (new := count - told.get(reason, 0)) > 0:
            told[reason] = count
            yield reason, new
