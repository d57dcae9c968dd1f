"""Carries the current run across threads, processes and HTTP."""

import contextlib
import functools
import threading
from collections.abc import Callable, Generator, Mapping, MutableMapping
from typing import Any

from opentelemetry.baggage import get_all, set_baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context, attach, detach, get_current, set_value
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from fleetglass._identity import ATTRIBUTES, Identity, attributes_of
from fleetglass._run import RUN, Run, run_of

TRACE, BAGGAGE = TraceContextTextMapPropagator(), W3CBaggagePropagator()
FACTS = {attribute: name for name, attribute in ATTRIBUTES.items()}
# Threads of these pools serve many callers, so they must not keep the context of their maker.
POOLS = ("concurrent.futures", "multiprocessing", "asyncio")
_state = threading.local()


def inject(headers: MutableMapping[str, str], allowed: tuple[str, ...]) -> None:
    """Write the trace, and what other services may know of the run, into headers."""
    TRACE.inject(headers)
    run = run_of()
    shared = Context()
    for name in allowed:
        if run is not None and (value := run.attributes.get(name)):
            shared = set_baggage(name, value, shared)
    BAGGAGE.inject(headers, shared)


@contextlib.contextmanager
def extracted(headers: Mapping[str, str], allowed: tuple[str, ...]) -> Generator[None]:
    """Return the context of the headers' sender."""
    lower = {name.lower(): value for name, value in headers.items()}
    context = TRACE.extract(lower, get_current())
    sent = get_all(BAGGAGE.extract(lower, Context()))
    facts = {FACTS[name]: str(sent[name]) for name in allowed if name in sent and name in FACTS}
    if facts:
        run = Run(Identity(), attributes_of(**facts))
        # The run is not of this process, so no span here is its agent's own span.
        run.span = get_current_span(context).get_span_context()
        context = set_value(RUN, run, context)
    token = attach(context)
    try:
        yield
    finally:
        detach(token)


class Carried:
    """A function for another thread, called in the context that it was sent from."""

    def __init__(self, function: Callable[..., Any], headers: dict[str, str]) -> None:
        self._function = function
        self._headers = headers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with extracted(self._headers, tuple(FACTS)):
            return self._function(*args, **kwargs)


def carried(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function for another process, with the headers of the context that it was sent from."""
    headers: dict[str, str] = {}
    inject(headers, tuple(FACTS))
    return Carried(function, headers)


@functools.cache
def follow_threads() -> None:
    """Make threads, executors and processes that a run starts continue that run."""
    # Imported late: it would double the time that importing fleetglass takes.
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing.process import BaseProcess

    threading.Thread.start = _in_context(threading.Thread.start)  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = _submitted(  # type: ignore[method-assign]
        ThreadPoolExecutor.submit, _within
    )
    ProcessPoolExecutor.submit = _submitted(  # type: ignore[method-assign]
        ProcessPoolExecutor.submit, carried
    )
    BaseProcess.start = _sent(BaseProcess.start)  # type: ignore[method-assign]


def _in_context(start: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(start)
    def begin(self: threading.Thread) -> Any:
        if run_of() is not None and not _is_pool(self):
            self.run = _within(self.run)  # type: ignore[method-assign]
        return start(self)

    return begin


def _is_pool(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    owners = (type(thread).__module__, getattr(target, "__module__", None) or "")
    return any(owner.startswith(POOLS) for owner in owners)


def _within(function: Callable[..., Any]) -> Callable[..., Any]:
    context = get_current()

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        token = attach(context)
        try:
            return function(*args, **kwargs)
        finally:
            detach(token)

    return call


def _submitted(
    submit: Callable[..., Any], around: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[..., Any]:
    @functools.wraps(submit)
    def put(self: Any, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return submit(self, around(function) if run_of() is not None else function, *args, **kwargs)

    return put


def _sent(start: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(start)
    def begin(self: Any) -> Any:
        # A forked process has the context already.
        target = getattr(self, "_target", None)
        if target is not None and run_of() is not None and not isinstance(target, Carried):
            self._target = carried(target)
        return start(self)

    return begin
