"""Follows the spans as they arrive, and writes rows again with the facts that other spans add.

It reads each segment once, in order. Earlier spans stay in memory, or are read again when their
trace goes on. It can be stopped at any moment: what it writes depends only on the stored spans, and
is compared with what their rows already say.
"""

import json
import logging
import time
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np

from fleetglass_collector.prices.book import Book
from fleetglass_collector.settle import source
from fleetglass_collector.settle.lease import Lease
from fleetglass_collector.settle.memory import Memory
from fleetglass_collector.settle.outbox import Outbox
from fleetglass_collector.settle.pricing import Pricing
from fleetglass_collector.settle.resolve import resolve
from fleetglass_collector.settle.rewriter import Rewriter
from fleetglass_collector.settle.source import Rows
from fleetglass_collector.settle.spans import Numbers, Spans, chosen
from fleetglass_collector.store.client import Store

log = logging.getLogger(__name__)

BATCH_SPANS = 100_000
# A query names them all, and the database limits the size of a query.
BATCH_SEGMENTS = 2_000
# Another collector's segments may become visible late, because it retries while the database
# refuses them. So each round looks two minutes back, and now and then a whole day.
OVERLAP_NS = 120_000_000_000
LATEST_NS = 86_400_000_000_000
LOOK_BACK_EVERY_S = 60.0
NO_END = 2**64 - 1
MAX_TRACES_READ = 1_000


class Settler:
    def __init__(
        self, store: Store, folder: Path, book: Book, *, cluster: str = "", max_spans: int = 500_000
    ) -> None:
        self._store = store
        self._lease = Lease(store, folder)
        self._outbox = Outbox(store, folder / "outbox")
        self._pricing = Pricing(store, book, self._outbox, cluster=cluster)
        self._memory = Memory(max_spans=max_spans)
        self._seen: dict[int, int] = {}
        self._watermark = 0
        self._look_back_at = 0.0

    @classmethod
    @contextmanager
    def open(cls, store: Store, *, max_spans: int = 500_000) -> Generator[Self]:
        """Open a settler for a while, in a folder of its own.

        It looks up prices only for models that spans name: to write the whole list takes seconds.
        """
        with TemporaryDirectory() as folder:
            settler = cls(store, Path(folder), Book(), max_spans=max_spans)
            settler.start(with_prices=False)
            yield settler
            settler.close()

    def start(self, *, with_prices: bool = True) -> None:
        """Finish pending inserts, update prices, and read the spans of recent segments again."""
        settled = self._lease.check()
        self._outbox.resume()
        if with_prices:
            self._pricing.start()
        window = f"SELECT segment FROM agent_spans_rows WHERE segment <= {settled} "
        # As many segments as fill the memory. Of earlier traces only the ids are kept.
        self._watermark = self._number(
            f"SELECT min(segment) FROM ({window} ORDER BY segment DESC LIMIT {BATCH_SPANS})"
        )
        earlier = self._store.query(
            "SELECT DISTINCT sipHash64(tenant, trace_id) FROM agent_spans_rows "
            f"WHERE segment < {self._watermark} ORDER BY 1 LIMIT 5000000",
            fmt="RowBinary",
        )
        self._memory.forget(np.frombuffer(earlier, np.uint64))
        self._watermark = max(0, self._watermark - 1)
        self._seen = self._counts(NO_END, back_ns=LATEST_NS, up_to=self._watermark)

    def settle(self) -> int:
        """Settle all spans that have arrived; return their number."""
        self._lease.check()
        if self._lease.is_due(time.monotonic()):
            self._lease.confirm(self._watermark, now=time.monotonic())
        done = 0
        while batch := self._arrived():
            done += self._settle(batch)
            self._confirm(batch)
        return done

    def close(self) -> None:
        self._lease.close()

    def _arrived(self) -> dict[int, int]:
        """Return the next segments, and how many rows each has."""
        batch: dict[int, int] = {}
        spans = 0
        most = len(self._seen) + BATCH_SEGMENTS
        for segment, count in self._counts(most, back_ns=self._back_ns()).items():
            if count > self._seen.get(segment, -1):
                batch[segment] = count
                spans += count
            if spans >= BATCH_SPANS or len(batch) == BATCH_SEGMENTS:
                break
        if batch and min(batch) < self._watermark - OVERLAP_NS:
            # There may be more of them.
            self._look_back_at = 0.0
        return batch

    def _back_ns(self) -> int:
        if (now := time.monotonic()) < self._look_back_at:
            return OVERLAP_NS
        self._look_back_at = now + LOOK_BACK_EVERY_S
        return LATEST_NS

    def _counts(self, most: int, *, back_ns: int, up_to: int = NO_END) -> dict[int, int]:
        """Return how many spans each segment has, in order, for segments that may be new."""
        since = max(0, self._watermark - back_ns)
        rows = self._store.query(
            "SELECT segment, countIf(version = 0) FROM agent_spans_rows "
            f"WHERE segment > {since} AND segment <= {up_to} "
            f"GROUP BY segment ORDER BY segment LIMIT {most}",
            fmt="JSONCompactEachRow",
        )
        return {int(segment): int(count) for segment, count in map(json.loads, rows.splitlines())}

    def _settle(self, segments: Collection[int]) -> int:
        where = f"segment IN ({', '.join(map(str, segments))})"
        self._pricing.learn(where)
        spans = source.read(self._store, where)
        if not len(spans["key"]):
            return 0
        self._recall(spans)
        twice = self._memory.add(spans)
        self._outbox.send(Rewriter(chosen(spans, twice), self._rows).removed())
        for body in self._rewritten(np.unique(spans["trace"])):
            self._outbox.send(body)
        self._memory.trim()
        return len(spans["key"])

    def _rows(self, spans: Spans) -> Rows:
        return source.rows(self._store, spans)

    def _rewritten(self, traces: Numbers) -> Iterator[bytes]:
        which = self._memory.of(traces)
        spans = chosen(self._memory.spans, which)
        yield from Rewriter(spans, self._rows).settled(resolve(spans))
        self._memory.update(which, spans)

    def _recall(self, spans: Spans) -> None:
        """Read forgotten traces again that have new spans."""
        traces = np.unique(spans["trace"][np.isin(spans["trace"], self._memory.forgotten)])
        segments = np.unique(spans["segment"])
        for start in range(0, len(traces), MAX_TRACES_READ):
            some = traces[start : start + MAX_TRACES_READ]
            earlier = source.of_traces(self._store, some, segments)
            # The new spans are added by the caller.
            self._memory.add(chosen(earlier, ~np.isin(earlier["segment"], segments)))
        self._memory.remember(traces)

    def _confirm(self, batch: dict[int, int]) -> None:
        self._seen |= batch
        self._watermark = max(self._watermark, *batch)
        since = self._watermark - LATEST_NS
        self._seen = {segment: n for segment, n in self._seen.items() if segment > since}
        self._lease.confirm(self._watermark, now=time.monotonic())

    def _number(self, sql: str) -> int:
        return int(self._store.query(sql, fmt="TSVRaw"))
