"""Follows the spans as they arrive, and writes rows again with the facts that other spans add.

It reads each segment once, in order. Earlier spans stay in memory, or are read again when their
trace goes on. It can be stopped at any moment: what it writes depends only on the stored spans, and
is compared with what their rows already say.
"""

import logging
import time
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np

from fleetglass.following import Following
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
# After a restart, what came so shortly before the last far look is read again.
AGAIN_S = 120
MAX_TRACES_READ = 1_000


class Settler:
    def __init__(
        self, store: Store, folder: Path, book: Book, *, cluster: str = "", max_spans: int = 500_000
    ) -> None:
        self._store = store
        self._lease = Lease(store, folder)
        self._outbox = Outbox(store, folder / "outbox", before=self._lease.keep)
        self._pricing = Pricing(store, book, self._outbox, cluster=cluster)
        self._memory = Memory(max_spans=max_spans)
        self._following = Following(batch_spans=BATCH_SPANS)

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
        if not self._lease.was_ours():
            self._outbox.set_aside()
        settled = self._lease.take()
        self._outbox.resume()
        if with_prices:
            self._pricing.start()
        window = f"SELECT segment FROM agent_spans_rows WHERE segment <= {settled.segment} "
        # As many segments as fill the memory. Of earlier traces only the ids are kept.
        first = self._number(
            f"SELECT min(segment) FROM ({window} ORDER BY segment DESC LIMIT {BATCH_SPANS})"
        )
        earlier = self._store.query(
            "SELECT DISTINCT sipHash64(tenant, trace_id) FROM agent_spans_rows "
            f"WHERE segment < {first} ORDER BY 1 LIMIT 5000000",
            fmt="RowBinary",
        )
        self._memory.forget(np.frombuffer(earlier, np.uint64))
        self._following.start(
            self._ask,
            watermark=max(0, first - 1),
            looked_s=settled.looked_s,
            read_s=max(0, settled.looked_s - AGAIN_S),
        )

    def settle(self) -> int:
        """Settle all spans that have arrived; return their number."""
        self._lease.keep()
        done = 0
        while batch := self._following.new(self._ask, time.monotonic()):
            done += self._settle(batch)
            self._following.read(batch)
            self._lease.confirm(self._following.watermark, self._following.looked_s)
        return done

    def close(self) -> None:
        self._lease.close()

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

    def _ask(self, sql: str) -> bytes:
        return self._store.query(sql, fmt="JSONCompactEachRow")

    def _number(self, sql: str) -> int:
        return int(self._store.query(sql, fmt="TSVRaw"))
