"""Runs the detectors over the database that the configuration names."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fleetglass.autonomy.policy import Policy
from fleetglass_collector import files
from fleetglass_collector.config import Config
from fleetglass_collector.ship.target import store_of
from fleetglass_detectors.audit.log import Log
from fleetglass_detectors.autonomy.rules import PolicyAt
from fleetglass_detectors.autonomy.versions import put_in_force, versions
from fleetglass_detectors.database import Database
from fleetglass_detectors.engine import listing
from fleetglass_detectors.engine.engine import Engine, Shard, TrackedDatabase, Watch
from fleetglass_detectors.engine.health import Board, Health
from fleetglass_detectors.fleet import Fleet
from fleetglass_server.processes import persistence
from fleetglass_server.processes.chain_file import audit_log
from fleetglass_server.processes.fleet_file import FleetFile
from fleetglass_server.processes.kept import KeptFile

log = logging.getLogger(__name__)

POLL_S = 0.5
# A shard whose metrics file has not changed for this long is no longer running.
GONE_NS = 30_000_000_000


async def run(
    config: Config,
    file: FleetFile,
    shard: tuple[int, int],
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    store = store_of(config)
    folder = config.folder / "detect"
    (index, of), part = shard, f"{shard[0]}-of-{shard[1]}"
    health = Health(shard=f"{index}/{of}" if of > 1 else "")
    checkpoint = KeptFile(folder / f"checkpoint-{part}")
    audit = audit_log(config.folder, f"detect-{part}")
    forget_others(folder, of)

    def engine() -> Engine:
        database, mine = TrackedDatabase(store), Shard(index=index, of=of)
        watch = _watch(database, file.fleet, health, shard=mine, audit=audit)
        board = _board(folder / f"metrics-{part}.prom")
        return Engine(database, watch, checkpoint, board=board)

    def started() -> Engine:
        running = engine()
        try:
            running.start()
        except Exception:
            # Most likely another version wrote it. A partly loaded checkpoint is of no use.
            log.exception("cannot load the checkpoint: it is set aside, and detection starts anew")
            checkpoint.set_aside()
            running = engine()
        return running

    def watch(ended: threading.Event) -> None:
        running = started()
        while not ended.is_set():
            if file.has_changed():
                running.save()
                running = started()
                log.info("fleet.yaml has changed and is in force now")
            if not running.step():
                ended.wait(POLL_S)
        running.save()

    await persistence.run(watch, stop, ready, doing="detect")
    store.close()


def _watch(
    database: TrackedDatabase, fleet: Fleet, health: Health, *, shard: Shard, audit: Log
) -> Watch:
    policies = _policies(database, fleet, audit)
    is_first = shard.index == 0
    live = listing.live(database, health, fleet, policies=policies, whole=is_first, log=audit)
    return Watch(database, live, fleet=fleet, health=health, shard=shard, log=audit)


def _board(file: Path) -> Board:
    return Board(
        lambda text: files.write(file, [text.encode()], durable=False), clock_ns=time.time_ns
    )


def _policies(database: Database, fleet: Fleet, audit: Log) -> PolicyAt | None:
    """Put what the file says in force, and return what was in force at each time."""
    if fleet.autonomy is None:
        if any(version.digest for version in versions(database)[-1:]):
            # The section was taken out: nothing is in force any more.
            put_in_force(database, Policy(), time.time_ns(), by="fleet.yaml", log=audit)
        return None
    now_ns = time.time_ns()
    return put_in_force(database, fleet.autonomy, now_ns, by="fleet.yaml", log=audit).at


def forget_others(folder: Path, of: int) -> None:
    """Delete the metrics of shards that no longer exist, so that they do not look stalled."""
    for file in folder.glob("metrics-*.prom"):
        if not file.stem.endswith(f"-of-{of}") and time.time_ns() - _changed_ns(file) > GONE_NS:
            file.unlink(missing_ok=True)


def _changed_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
