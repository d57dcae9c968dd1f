"""Puts the parts together for this process: settings, sender, heartbeats, directives."""

import logging
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Unpack

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import ProxyTracerProvider, Tracer

from fleetglass import _pricing, _propagation
from fleetglass import conventions as names
from fleetglass._complaint import Complaint
from fleetglass._content import Capture, capture_of
from fleetglass._directives import Directives
from fleetglass._errors import ConfigurationError
from fleetglass._exit import at_exit
from fleetglass._heartbeat import Pulse, losses
from fleetglass._outlet import THREAD, Outlet, Sender, Sink
from fleetglass._processor import FleetProcessor
from fleetglass._settings import Given, Price, Settings
from fleetglass._version import __version__

if TYPE_CHECKING:
    from fleetglass._enforcement import Enforcement

log = logging.getLogger("fleetglass")

EXPORTER_LOGS = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.common._internal",
)


class Fleet:
    """`provider`, `sink` and `pulse` are for tests. By default a process has one provider."""

    def __init__(
        self,
        settings: Settings,
        *,
        provider: TracerProvider | None = None,
        sink: Sink | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.settings = settings
        self.capture: Capture | None = capture_of(settings)
        self.pulse = pulse or Pulse()
        self._own = provider
        self.outlet: Sink = sink or Outlet(
            self._connect,
            self._extra,
            _is_sound,
            Complaint(settings.endpoint),
            max_queue=settings.max_queue,
            max_bytes=settings.max_queue_bytes,
            max_batch=settings.max_batch,
            delay_s=settings.delay_s,
        )
        self.directives: Directives | None = None
        if settings.guard:
            from fleetglass._endpoint import Endpoint, directives_at

            endpoint = Endpoint(settings.endpoint, settings.key)
            self.directives = Directives(lambda: directives_at(endpoint))
        self.enforcement = _enforcement(settings)
        self.resource = Resource.create(
            {names.SERVICE_NAME: settings.service} if settings.service else {}
        )
        self._told: dict[str, int] = {}
        self._provider: object = None
        self._tracer: Tracer | None = None
        self._lock = threading.Lock()

    def tracer(self) -> Tracer:
        """Return a tracer of the current provider, whoever set it."""
        provider = self._own or trace.get_tracer_provider()
        if provider is self._provider and self._tracer is not None:
            return self._tracer
        with self._lock:
            tracer: Tracer = _attached(provider, self.resource).get_tracer(
                "fleetglass", __version__
            )
            # Another thread may just have made it.
            self._tracer, self._provider = tracer, self._own or trace.get_tracer_provider()
        return tracer

    def close(self, timeout_s: float) -> None:
        if self.directives is not None:
            self.directives.close()
        if self.enforcement is not None:
            self.enforcement.close()
        self.outlet.close(timeout_s)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self.pulse.after_fork()
        self.outlet.after_fork()
        if self.directives is not None:
            self.directives.after_fork()
        if self.enforcement is not None:
            self.enforcement.after_fork()

    def _extra(self) -> Iterator[ReadableSpan]:
        yield from self.pulse.due()
        for reason, count in losses(self.outlet.lost, self._told):
            told: dict[str, str | int | float] = {names.KIND: "loss", names.LOSS_REASON: reason}
            told[names.LOSS_SPANS] = count
            yield self.pulse.instant(names.LOSS, told, self.resource)

    def _connect(self) -> Sender:
        # A slow import: the sending thread does it once there is something to send.
        from fleetglass import _sender

        for name in EXPORTER_LOGS:
            logging.getLogger(name).addFilter(_is_not_ours)
        return _sender.Sender(self.settings.endpoint, self.settings.key)


def _enforcement(settings: Settings) -> "Enforcement | None":
    if settings.enforce == "off" or settings.disabled:
        return None
    # Most agents do not need it.
    from fleetglass._endpoint import Endpoint
    from fleetglass._enforcement import Enforcement

    return Enforcement(
        lambda: Endpoint(settings.endpoint, settings.key),
        settings.key,
        settings.enforce,
        without=settings.enforce_without,
        wait_s=settings.approval_s,
    )


_fleet: Fleet | None = None
# Compared by identity: some providers cannot be hashed.
_providers: list[object] = []
_lock = threading.Lock()


def configure(**given: Unpack[Given]) -> None:
    """Change settings. Settings that are not given come from the environment."""
    before = install(Fleet(Settings.of(os.environ, **given)))
    if before is not None:
        before.close(before.settings.exit_s)


def install(fleet: Fleet | None) -> Fleet | None:
    """Replace the fleet of this process; return the one before."""
    global _fleet
    with _lock:
        before, _fleet = _fleet, fleet
    if fleet is not None and fleet.settings.threads and not fleet.settings.disabled:
        _propagation.follow_threads()
    return before


def current() -> Fleet:
    """Return the fleet of this process. The first use makes it from the environment."""
    if _fleet is None:
        try:
            configure()
        except ConfigurationError as error:
            log.error("fleetglass is off: %s", error)
            install(Fleet(Settings(disabled=True)))
    assert _fleet is not None
    return _fleet


def flush(timeout_s: float = 10.0) -> bool:
    """Send all spans that have ended; return whether that was done in time."""
    return _fleet is None or _fleet.outlet.flush(timeout_s)


def shutdown(timeout_s: float | None = None) -> None:
    """Send what can be sent quickly, then stop. This also runs when the process ends."""
    if _fleet is not None:
        _fleet.close(_fleet.settings.exit_s if timeout_s is None else timeout_s)


def _attached(provider: Any, resource: Resource) -> Any:
    """Return the provider with our processor added."""
    if isinstance(provider, ProxyTracerProvider):
        # No provider was set. We shut down our own, within a limited time.
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        trace.set_tracer_provider(provider)
    elif not hasattr(provider, "add_span_processor"):
        log.warning(
            "the current TracerProvider takes no span processors; "
            "fleetglass uses one of its own beside it"
        )
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    if not any(known is provider for known in _providers):
        _providers.append(provider)
        provider.add_span_processor(FleetProcessor(_put, _price, flush))
    return provider


def _put(span: ReadableSpan) -> None:
    if _fleet is not None and not _fleet.settings.disabled:
        _fleet.outlet.put(span)


def _price() -> Price | None:
    return (_fleet.settings.price if _fleet is not None else None) or _pricing.usual


def _is_sound(span: ReadableSpan) -> bool:
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    try:
        encode_spans([span]).SerializeToString()
    except Exception:
        return False
    return True


def _is_not_ours(record: logging.LogRecord) -> bool:
    """Silence the exporter's own log lines: our thread counts and reports what it cannot send."""
    return record.threadName != THREAD


def _after_fork() -> None:
    if _fleet is not None:
        _fleet.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
at_exit(shutdown)
