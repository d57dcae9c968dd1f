"""Takes in a request of any protocol: decodes it, checks it and writes it to the journal."""

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from fleetglass_collector.config import Receiver
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.journal import Journal
from fleetglass_collector.metrics import LATENCY_BUCKETS_S, refusals
from fleetglass_collector.otlp.check import Checked, check
from fleetglass_collector.otlp.encoding import decompress
from fleetglass_collector.otlp.json_codec import from_json

# A body up to this size, decompressed, is decoded on the event loop: about a millisecond, less than
# passing it to a thread. JSON always goes to a thread, because it is a hundred times slower.
INLINE_BYTES = 512 << 10


class Intake:
    def __init__(self, journal: Journal, limits: Receiver, registry: CollectorRegistry) -> None:
        self.refused = refusals("fleetglass_requests_refused_total", registry)
        self._rejected = Counter(
            "fleetglass_spans_rejected_total", "Spans refused in requests.", registry=registry
        )
        self._requests = Counter(
            "fleetglass_requests_total",
            "Requests taken, by protocol.",
            ["protocol"],
            registry=registry,
        )
        self._received_bytes = Counter(
            "fleetglass_received_bytes_total",
            "Bytes as they came.",
            ["protocol"],
            registry=registry,
        )
        self._latency = Histogram(
            "fleetglass_ack_seconds",
            "From a whole body to its answer.",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self.limits = limits
        self._journal = journal
        self._reserved = 0
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="intake")

    @contextmanager
    def memory(self, size: int = 0) -> Generator[Callable[[int], None]]:
        """Reserve memory for a request. Call the yielded function to reserve more.

        Raises:
            Refusal: The requests in progress use too much memory already.
        """
        reserved = 0

        def reserve(amount: int) -> None:
            nonlocal reserved
            if self._reserved + amount > self.limits.max_waiting_bytes:
                message = "the collector is busy with too many requests; retry later"
                raise Refusal(Reason.UNAVAILABLE, message, retry_after_s=1)
            self._reserved += amount
            reserved += amount

        try:
            reserve(size)
            yield reserve
        finally:
            self._reserved -= reserved

    async def take(
        self, body: bytes, *, tenant: str, protocol: str, encoding: str = "", json: bool = False
    ) -> Checked:
        """Return once the spans are safe on disk.

        Raises:
            Refusal: No span of the request was kept.
        """
        began = time.monotonic()
        plain = None if json else _small(body, encoding)
        if plain is None:
            loop = asyncio.get_running_loop()
            checked = await loop.run_in_executor(self._threads, self._decode, body, encoding, json)
        else:
            checked = check(plain)
        with self.memory(len(checked.body)):
            if checked.spans:
                await self._journal.append(checked.body, tenant=tenant, spans=checked.spans)
        self._requests.labels(protocol).inc()
        self._received_bytes.labels(protocol).inc(len(body))
        if checked.rejected:
            self._rejected.inc(checked.rejected)
        self._latency.observe(time.monotonic() - began)
        return checked

    def _decode(self, body: bytes, encoding: str, json: bool) -> Checked:
        plain = decompress(body, encoding, limit=self.limits.max_request_bytes)
        return check(from_json(plain) if json else plain)


def _small(body: bytes, encoding: str) -> bytes | None:
    """Return the plain body; None if it is large. A small compressed one may be a bomb."""
    if len(body) > INLINE_BYTES:
        return None
    try:
        return decompress(body, encoding, limit=INLINE_BYTES)
    except Refusal as refusal:
        if refusal.reason is Reason.TOO_LARGE:
            return None
        raise
