"""A span that is open, and the context in which its work is done."""

import logging
from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Any, Self

from opentelemetry.baggage import set_baggage
from opentelemetry.context import Context, attach, detach, get_current, set_value
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    Status,
    StatusCode,
    set_span_in_context,
)

from fleetglass import conventions as names
from fleetglass._complaint import once
from fleetglass._content import UNREADABLE
from fleetglass._errors import Stopped
from fleetglass._fleet import Fleet, current
from fleetglass._outcome import is_unfinished, outcome_of
from fleetglass._processor import stamp
from fleetglass._run import RUN, Run

log = logging.getLogger("fleetglass")

LONGEST_NOTE, LONGEST_REPR = 16_384, 1_000


class Scope:
    """What `with fleetglass.run(...)`, `tool(...)` and `step(...)` return."""

    def __init__(self, fleet: Fleet, span: Span, context: Context, run: Run | None) -> None:
        self._fleet = fleet
        self._span = span
        self._context = context
        self._run = run
        self._output = ""
        self._token: object = None

    @classmethod
    def begin(
        cls,
        fleet: Fleet,
        name: str,
        attributes: Mapping[str, Any],
        *,
        run: Run | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        output: str = "",
    ) -> Self:
        """Begin a span. With a run, it is the span of that run's agent."""
        context = get_current()
        if run is not None:
            context = set_value(RUN, run, context)
        span = fleet.tracer().start_span(name, context, kind)
        stamp(span, attributes)
        if run is not None:
            context = _with_baggage(context, run, fleet)
            fleet.pulse.opened(run, getattr(span, "resource", fleet.resource))
            fleet.outlet.start()
        scope = cls(fleet, span, set_span_in_context(span, context), run)
        scope._output = output
        return scope

    @property
    def run_id(self) -> str:
        """The id by which feedback names this run."""
        return self._run.id if self._run else ""

    def annotate(self, **notes: Any) -> None:
        """Add notes to the span."""
        annotate(self._span, notes)

    def output(self, value: Any) -> None:
        """Record the result of a block. A decorated function's result is recorded automatically."""
        if self._output:
            self.content(self._output, value)

    def set(self, attributes: Mapping[str, Any]) -> None:
        self._span.set_attributes(attributes)

    def content(self, name: str, value: Any) -> None:
        """Record a value, if content is recorded."""
        if self._fleet.capture is not None:
            self._span.set_attribute(name, self._fleet.capture(value))

    def __enter__(self) -> Self:
        """Make the span current within a `with` block. This can be done many times."""
        self._token = attach(self._context)
        return self

    def __exit__(self, *_: object) -> None:
        token: Any = self._token
        if type(token) is not Token:
            detach(token)
            return
        try:
            token.var.reset(token)  # pyright: ignore[reportUnknownMemberType]
        except (ValueError, RuntimeError):
            # The block is left in another context than it was entered in: a fixture, or a web
            # framework that runs a dependency in a pool of threads. There is nothing to restore.
            log.debug("a block was left in another context than it was entered in")

    def succeeded(self, result: Any = None) -> None:
        if result is not None:
            self.output(result)
        self._end()

    def failed(self, error: BaseException) -> None:
        """End the span with an exception. The exception itself is not stopped."""
        try:
            self._tell(error)
        except Exception as failure:
            once("a failure could not be recorded", failure)
        self._end()

    def _tell(self, error: BaseException) -> None:
        if outcome := outcome_of(error):
            self._span.set_attribute(names.OUTCOME, outcome)
            # One failure cancels many steps beside it, which would hide it among their errors. A
            # run that was cut short is no success all the same.
            if self._run is None or not is_unfinished(error, outcome):
                return
        name = type(error).__qualname__
        self._span.set_attribute(names.ERROR_TYPE, name)
        # The message of an exception is content like any other.
        message = self._fleet.capture(str(error)) if self._fleet.capture is not None else None
        self._span.set_status(Status(StatusCode.ERROR, message or name))
        if isinstance(error, Stopped):
            self._span.set_attribute(names.OUTCOME, "stopped")

    def _end(self) -> None:
        try:
            self._span.end()
        except Exception as error:
            once("a span could not be ended and is lost", error)
        if self._run is not None:
            self._fleet.pulse.closed(self._run)


class Block:
    """A `with` block whose span ends with it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __enter__(self) -> Scope:
        return self._scope.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scope.__exit__()
        if error is None:
            self._scope.succeeded()
        else:
            self._scope.failed(error)


def idle() -> Scope:
    """A scope without a span, for when nothing is recorded or the span could not begin."""
    return Scope(current(), INVALID_SPAN, get_current(), None)


def annotate(span: Span, notes: Mapping[str, Any]) -> None:
    for name, value in notes.items():
        plain = value if isinstance(value, bool | int | float) else _note(value)
        span.set_attribute(names.NOTE + name, plain)


def _note(value: Any) -> str:
    """Return the text of a note, of bounded size. Making a note must never make an agent fail."""
    try:
        text = value[:LONGEST_NOTE] if isinstance(value, str) else repr(value)[:LONGEST_REPR]
        return text.encode("utf-8", "replace").decode()
    except Exception:
        return UNREADABLE


def _with_baggage(context: Context, run: Run, fleet: Fleet) -> Context:
    """Return the context with the baggage that other services may see."""
    for name in fleet.settings.baggage:
        # If the run is its trace, the trace id is enough.
        if (value := run.attributes.get(name)) and not (name == names.RUN_ID and run.is_trace):
            context = set_baggage(name, value, context)
    return context
