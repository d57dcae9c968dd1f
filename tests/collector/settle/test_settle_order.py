"""Settled rows depend on the spans, not on their order, their requests or restarts."""

import os
import uuid
from collections.abc import Generator, Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from kit.agent_fleets import FOUND, Arrival, arrivals, fleet
from kit.agent_requests import request
from kit.agent_rows import Row, ask, empty
from kit.agent_sums import assert_sums_are_right
from kit.databases import opened, running_store, segment
from kit.short_book import ShortBook

from fleetglass_collector.config import Retention
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

# Many more by hand: SETTLE_ORDER_SEEDS=100-200.
SEEDS = [int(end) for end in os.environ.get("SETTLE_ORDER_SEEDS", "0-3").split("-")]
TRACES = 60


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        for table in ("agent_spans_rows", "agent_minutes", "agent_runs"):
            store.command(f"SYSTEM STOP TTL MERGES {table}")
        yield store


class Following:
    """Settlers, one after another, on the same folder."""

    def __init__(self, store: Store, folder: Path, *, max_spans: int) -> None:
        self._store = store
        self._folder = folder
        self._max_spans = max_spans
        self._settler: Settler | None = None
        self.restart()

    def restart(self) -> None:
        self.close()
        self._settler = Settler(self._store, self._folder, ShortBook(), max_spans=self._max_spans)
        self._settler.start()

    def settle(self) -> None:
        if self._settler:
            self._settler.settle()

    def close(self) -> None:
        if self._settler:
            self._settler.close()


def settled(store: Store, arrived: Iterable[Arrival], *, max_spans: int = 500_000) -> list[Row]:
    empty(store)
    store.command(f"ALTER TABLE prices DELETE WHERE model IN {FOUND} SETTINGS mutations_sync = 1")
    store.command("SYSTEM RELOAD DICTIONARY prices_now")
    with TemporaryDirectory() as folder:
        following = Following(store, Path(folder), max_spans=max_spans)
        for arrival in arrived:
            store_one(store, arrival)
            if arrival.then == "restart":
                following.restart()
            if arrival.then:
                following.settle()
        following.settle()
        following.close()
    return ask(store, "SELECT * EXCEPT segment FROM agent_spans ORDER BY trace_id, span_id")


def store_one(store: Store, arrival: Arrival) -> None:
    half = len(arrival.spans) // 2
    bodies = [request(arrival.spans[:half]), request(arrival.spans[half:])]
    store.insert_segment(segment(bodies, number=arrival.number), uuid.uuid4().hex)


@pytest.mark.parametrize("seed", range(SEEDS[0], SEEDS[1]))
def test_any_order_of_arrival_ends_in_the_same_rows(store: Store, seed: int) -> None:
    random = Random(seed)
    spans = fleet(random, traces=TRACES, size=9)
    wanted = settled(store, [Arrival(number=1, spans=spans, then="settle")])
    assert_sums_are_right(store)

    arrived = arrivals(random, spans, gap=random.choice((1, 300 * 10**9)))
    found = settled(store, arrived, max_spans=random.choice((1, TRACES, 500_000)))
    assert found == wanted
    assert_sums_are_right(store)
