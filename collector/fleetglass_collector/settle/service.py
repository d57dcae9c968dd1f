"""The process that settles: again and again, taking a small share of one core at most."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_collector.prices.book import Book
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.target import store_of

log = logging.getLogger(__name__)

# Rest four times as long as the work took: under load the batches grow and each span costs less.
REST = 4.0
SHORTEST_REST_S, LONGEST_REST_S = 1.0, 15.0
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 15.0
# A database that is started beside us may take so long before it is worth a word.
PATIENCE_S = 5.0


async def run(config: Config, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    ended = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(_follow, config, ended))
    ready()
    await stop.wait()
    ended.set()
    await work


def _follow(config: Config, ended: threading.Event) -> None:
    store = store_of(config)
    failing_since: float | None = None
    backoff = FIRST_BACKOFF_S
    told = False
    while not ended.is_set():
        began = time.monotonic()
        try:
            _settle(config, store, ended)
        except StoreError as error:
            # What was not confirmed is in the outbox; a new settler begins with that.
            if time.monotonic() - began > LONGEST_REST_S:
                failing_since, backoff, told = None, FIRST_BACKOFF_S, False
            failing_since = failing_since or time.monotonic()
            if not told and time.monotonic() - failing_since > PATIENCE_S:
                told = True
                log.warning("cannot settle; trying on: %s", error)
            ended.wait(backoff)
            backoff = min(LONGEST_BACKOFF_S, 2 * backoff)
    store.close()


def _settle(config: Config, store: Store, ended: threading.Event) -> None:
    settler = Settler(
        store, config.folder / "settle", Book(config.prices), cluster=config.store.cluster
    )
    try:
        settler.start()
        log.info("following the spans as they arrive")
        while not ended.is_set():
            began = time.monotonic()
            settler.settle()
            took = time.monotonic() - began
            ended.wait(min(LONGEST_REST_S, max(SHORTEST_REST_S, REST * took)))
    finally:
        settler.close()
