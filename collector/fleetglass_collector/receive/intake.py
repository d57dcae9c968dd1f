"""One request on its way in, whichever protocol brought it: decode, check, journal, answer."""

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from fleetglass_collector.config import Receiver
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.journal import Journal
from fleetglass_collector.metrics import Counter, Histogram, Sample
from fleetglass_collector.otlp.check import Checked, check
from fleetglass_collector.otlp.encoding import decompress
from fleetglass_collector.otlp.json_codec import from_json

# A body up to this size is decoded on the event loop: that takes about a millisecond, less than
# handing it to a thread costs. JSON always goes to a thread: it is a hundred times slower.
INLINE_BYTES = 512 << 10


class Intake:
    def __init__(self, journal: Journal, limits: Receiver) -> None:
        self.refused = Counter("fleetglass_requests_refused_total", "Requests refused, by reason.")
        self.rejected = Counter("fleetglass_spans_rejected_total", "Spans refused in requests.")
        self.requests = Counter("fleetglass_requests_total", "Requests taken, by protocol.")
        self.received_bytes = Counter("fleetglass_received_bytes_total", "Bytes as they came.")
        self.latency = Histogram("fleetglass_ack_seconds", "From a whole body to its answer.")
        self.limits = limits
        self._journal = journal
        self._held = 0
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="intake")

    @contextmanager
    def holding(self, size: int = 0) -> Generator[Callable[[int], None]]:
        """Account for a request's memory; what is yielded adds to it as more of it comes.

        Raises:
            Refusal: There are too many in flight already.
        """
        held = 0

        def more(amount: int) -> None:
            nonlocal held
            if self._held + amount > self.limits.max_waiting_bytes:
                message = "too many requests are in flight"
                raise Refusal(Reason.UNAVAILABLE, message, retry_after_s=1)
            self._held += amount
            held += amount

        try:
            more(size)
            yield more
        finally:
            self._held -= held

    async def take(
        self, body: bytes, *, tenant: str, protocol: str, encoding: str = "", json: bool = False
    ) -> Checked:
        """Return once the spans are durable.

        Raises:
            Refusal: Nothing of the request was kept.
        """
        began = time.monotonic()
        if json or len(body) > INLINE_BYTES:
            loop = asyncio.get_running_loop()
            checked = await loop.run_in_executor(self._threads, self._decode, body, encoding, json)
        else:
            checked = self._decode(body, encoding, json)
        with self.holding(len(checked.body)):
            if checked.spans:
                await self._journal.append(checked.body, tenant=tenant, spans=checked.spans)
        self.requests.add(protocol=protocol)
        self.received_bytes.add(len(body), protocol=protocol)
        if checked.rejected:
            self.rejected.add(checked.rejected)
        self.latency.observe(time.monotonic() - began)
        return checked

    def _decode(self, body: bytes, encoding: str, json: bool) -> Checked:
        plain = decompress(body, encoding, limit=self.limits.max_request_bytes)
        return check(from_json(plain) if json else plain)

    def samples(self) -> list[Sample]:
        counters = (self.requests, self.received_bytes, self.rejected, self.refused)
        return [counter.sample() for counter in counters]
