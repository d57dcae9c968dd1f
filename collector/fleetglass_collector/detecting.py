"""Runs the detectors over the database that the configuration names."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from fleetglass_collector import persistence
from fleetglass_collector.config import Config
from fleetglass_collector.target import store_of
from fleetglass_detectors import listing
from fleetglass_detectors.checkpoint import Checkpoint
from fleetglass_detectors.engine import Engine, Shard, Tapped, Watch
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.health import Board, Health

log = logging.getLogger(__name__)

POLL_S = 0.5


async def run(
    config: Config,
    fleet: Fleet,
    shard: tuple[int, int],
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    store = store_of(config)
    folder = config.folder / "detect"
    health = Health()

    name = f"checkpoint-{shard[0]}-of-{shard[1]}"
    checkpoint = Checkpoint(folder / name)

    def engine() -> Engine:
        database = Tapped(store)
        live = listing.live(database, health, fleet)
        part = Shard(index=shard[0], of=shard[1])
        watch = Watch(database, live, fleet=fleet, health=health, shard=part)
        board = Board(folder / f"metrics-{shard[0]}.prom", clock_ns=time.time_ns)
        return Engine(database, watch, checkpoint, board=board)

    def watch(ended: threading.Event) -> None:
        going = engine()
        try:
            going.start()
        except Exception:
            # Another version's, most likely. Half of it is no state to go on from.
            log.exception("the checkpoint cannot be used and is set aside; watching from now on")
            checkpoint.set_aside()
            going = engine()
        while not ended.is_set():
            if not going.step():
                ended.wait(POLL_S)
        going.save()

    await persistence.run(watch, stop, ready, doing="detect")
    store.close()
