"""The process that settles spans again and again, using at most a small share of one core."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from fleetglass_collector.config import Config
from fleetglass_collector.prices.book import Book
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.ship.target import store_of
from fleetglass_collector.store.client import Store
from fleetglass_server.processes import persistence

log = logging.getLogger(__name__)

# Rest four times as long as the work took. Under load, batches grow and each span costs less.
REST = 4.0
SHORTEST_REST_S, LONGEST_REST_S = 1.0, 15.0


async def run(config: Config, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    store = store_of(config)

    # A new settler first finishes what the last one left unconfirmed in the outbox.
    def settle(ended: threading.Event) -> None:
        _settle(config, store, ended)

    await persistence.run(settle, stop, ready, doing="settle")
    store.close()


def _settle(config: Config, store: Store, ended: threading.Event) -> None:
    settler = Settler(
        store, config.folder / "settle", Book(config.prices), cluster=config.store.cluster
    )
    try:
        settler.start()
        log.info("settling spans as they arrive")
        while not ended.is_set():
            began = time.monotonic()
            settler.settle()
            took = time.monotonic() - began
            ended.wait(min(LONGEST_REST_S, max(SHORTEST_REST_S, REST * took)))
    finally:
        settler.close()
