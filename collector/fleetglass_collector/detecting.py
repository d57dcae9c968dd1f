"""Runs the detectors over the database that the configuration names."""

import asyncio
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

    def watch(ended: threading.Event) -> None:
        database = Tapped(store)
        part = Shard(index=shard[0], of=shard[1])
        watch = Watch(
            database, listing.live(database, health, fleet), fleet=fleet, health=health, shard=part
        )
        name = f"checkpoint-{shard[0]}-of-{shard[1]}"
        engine = Engine(
            database,
            watch,
            Checkpoint(folder / name),
            board=Board(folder / f"metrics-{shard[0]}.prom", clock_ns=time.time_ns),
        )
        engine.start()
        while not ended.is_set():
            if not engine.step():
                ended.wait(POLL_S)
        engine.save()

    await persistence.run(watch, stop, ready, doing="detect")
    store.close()
