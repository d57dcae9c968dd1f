"""Sends spans from its own thread: in batches, with a bounded queue; counts lost spans."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from opentelemetry import context
from opentelemetry.sdk.trace import ReadableSpan

# Instrumentations of HTTP look for it, so that they record no requests of ours. It is private to
# OpenTelemetry; without it, such requests would be spans.
SUPPRESS = getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation")

THREAD = "fleetglass-outlet"
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 30.0
# After a few attempts the batch itself may be at fault, so half of it is tried, and so on. A single
# span is given up after most of an hour. While nobody answers, the queue keeps what fits.
PATIENT, ATTEMPTS = 3, 100
NUMBERS = (bool, int, float)
# A list of many numbers is not small either.
NUMBER_SIZE = 8
# Answers by which the collector says that the batch is at fault: trying it again is in vain.
UNACCEPTABLE = (400, 413, 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a batch was not taken."""

    status: int = 0
    """The HTTP status; 0 if there was no answer."""
    reason: str = ""

    @property
    def is_final(self) -> bool:
        return self.status in UNACCEPTABLE


class Sender(Protocol):
    def send(self, spans: Sequence[ReadableSpan], /) -> Failure | None: ...
    def close(self) -> None: ...


class Complaint(Protocol):
    """Tells the agent's author that spans do not arrive."""

    def worked(self) -> None: ...
    def failed(self, failure: Failure) -> None: ...
    def broken(self, error: Exception) -> None: ...
    def too_large(self, size: int) -> None: ...


class Sink(Protocol):
    """Takes spans. It never waits and never raises."""

    lost: Counter[str]

    def put(self, span: ReadableSpan) -> None: ...
    def start(self) -> None: ...
    def flush(self, timeout_s: float) -> bool: ...
    def close(self, timeout_s: float) -> None: ...
    def after_fork(self) -> None: ...


Extra = Callable[[], Iterable[ReadableSpan]]
"""Returns what else to send now: heartbeats and reports of lost spans."""


class Outlet:
    """`put` never waits. A span that does not fit is lost, and `lost` counts it by reason."""

    def __init__(
        self,
        connect: Callable[[], Sender],
        extra: Extra,
        is_sound: Callable[[ReadableSpan], bool],
        complaint: Complaint,
        *,
        max_queue: int,
        max_bytes: int,
        max_batch: int,
        delay_s: float,
    ) -> None:
        self.lost: Counter[str] = Counter()
        self._connect = connect
        self._extra = extra
        self._is_sound = is_sound
        self._complaint = complaint
        self._max_queue = max_queue
        self._max_bytes = max_bytes
        self._max_batch = max_batch
        self._delay_s = delay_s
        self.after_fork()

    def after_fork(self) -> None:
        """Start again after a fork: queue, thread and connection belong to the parent."""
        self._sender: Sender | None = None
        self._queue: deque[tuple[ReadableSpan, int]] = deque()
        self._bytes = 0
        self._batch: list[ReadableSpan] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._ending = False
        self._failing = False
        self._thread: threading.Thread | None = None

    def put(self, span: ReadableSpan) -> None:
        size = _size(span)
        with self._lock:
            full = len(self._queue) >= self._max_queue or self._bytes + size > self._max_bytes
            if full or self._ending:
                self.lost["ended" if self._ending else "full"] += 1
                return
            self._bytes += size
            self._queue.append((span, size))
            is_due = len(self._queue) >= self._max_batch
        if self._thread is None:
            self.start()
        elif is_due and not self._failing and not self._wake.is_set():
            # While the collector fails, the wait between two attempts is not cut short.
            self._wake.set()

    def start(self) -> None:
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None and not self._ending:
                thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # No thread can start, or the process is ending. The next span tries again.
                    return
                self._thread = thread

    def flush(self, timeout_s: float) -> bool:
        """Send the queue; return whether that was done in time."""
        if self._thread is None:
            return True
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            self._idle.clear()
            self._wake.set()
            if self._idle.wait(left) and not self._queue and not self._batch:
                return True
        return False

    def close(self, timeout_s: float) -> None:
        """Send what can be sent in this time, then stop."""
        # A collector that did not answer a moment ago will hardly answer now.
        self.flush(min(timeout_s, 0.2) if self._failing else timeout_s)
        self._ending = True
        self._wake.set()
        if self._sender is not None:
            # This ends a request that still waits.
            self._sender.close()

    def _run(self) -> None:
        context.attach(context.set_value(SUPPRESS, True))
        while not self._ending:
            self._wake.wait(self._delay_s)
            self._wake.clear()
            try:
                self._send_all()
            except Exception as error:
                # Only this batch is bad; the next may be good.
                self._give_up("broken")
                self._complaint.broken(error)
            if not self._queue:
                self._idle.set()

    def _send_all(self) -> None:
        self._batch = [*self._extra()]
        while self._queue or self._batch:
            while self._queue and len(self._batch) < self._max_batch:
                self._batch.append(self._taken())
            if not self._delivered():
                return
            self._batch = []

    def _taken(self) -> ReadableSpan:
        with self._lock:
            span, size = self._queue.popleft()
            self._bytes -= size
        return span

    def _delivered(self) -> bool:
        backoff = FIRST_BACKOFF_S
        for attempt in range(ATTEMPTS):
            if self._ending:
                return False
            if not self._batch:
                return True
            failure = self._sent()
            self._failing = failure is not None and not failure.is_final
            if failure is None:
                return True
            if attempt == 0:
                self._leave_out_unsound()
            if failure.is_final:
                self._leave_out_one()
                continue
            if attempt >= PATIENT:
                self._put_half_back()
            # A waiting flush must not wait for this.
            self._wake.wait(backoff)
            self._wake.clear()
            backoff = min(LONGEST_BACKOFF_S, 2 * backoff)
        self._give_up("refused")
        return True

    def _sent(self) -> Failure | None:
        if self._sender is None:
            self._sender = self._connect()
        failure = self._sender.send(self._batch)
        if failure is None:
            self._complaint.worked()
        elif not failure.is_final:
            self._complaint.failed(failure)
        return failure

    def _leave_out_one(self) -> None:
        """Halve a batch that the collector does not accept, down to the span that is at fault."""
        if len(self._batch) > 1:
            self._put_half_back()
        elif self._batch:
            self._complaint.too_large(_size(self._batch[0]))
            self._give_up("refused")

    def _leave_out_unsound(self) -> None:
        """Leave out spans that cannot be encoded, so that the others can be sent."""
        sound = [span for span in self._batch if self._is_sound(span)]
        if len(sound) < len(self._batch):
            self.lost["unsound"] += len(self._batch) - len(sound)
        self._batch = sound

    def _put_half_back(self) -> None:
        half = max(1, len(self._batch) // 2)
        self._batch, rest = self._batch[:half], self._batch[half:]
        sized = [(span, _size(span)) for span in rest]
        with self._lock:
            self._queue.extendleft(reversed(sized))
            self._bytes += sum(size for _, size in sized)

    def _give_up(self, reason: str) -> None:
        self.lost[reason] += len(self._batch)
        self._batch = []


def _size(span: ReadableSpan) -> int:
    """Return the size of a span's text. The rest is about the same for all spans."""
    size = len(str(span.name)) + _text_size(span.attributes)
    size += len(span.status.description or "")
    for event in span.events:
        size += len(str(event.name)) + _text_size(event.attributes)
    for link in span.links:
        size += _text_size(link.attributes)
    return size


def _text_size(attributes: Mapping[str, Any] | None) -> int:
    size = 0
    for value in (attributes or {}).values():
        # Nearly all are texts or numbers, and this runs for each span.
        if type(value) is str:
            size += len(value)
        elif type(value) not in NUMBERS:
            size += _deep_size(value)
    return size


def _deep_size(value: Any) -> int:
    """Return the size of the text in a value that may hold others."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_deep_size, cast("Mapping[str, Any]", value).values()))
    if isinstance(value, tuple | list):
        return sum(map(_deep_size, cast("Sequence[Any]", value)))
    return NUMBER_SIZE
