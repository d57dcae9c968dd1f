"""The collector process: receivers, journal and shipper."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Gauge

from fleetglass_collector.access.door import Door, require_key
from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.access.owner import owner_key, owner_secret
from fleetglass_collector.config import Config
from fleetglass_collector.control.directives import DirectiveCache
from fleetglass_collector.control.policy import PolicyCache
from fleetglass_collector.journal import Journal
from fleetglass_collector.journal.quarantine import Quarantine
from fleetglass_collector.metrics import DIRECTIVES_AGE, WrittenByDetectors
from fleetglass_collector.receive.grpc import GrpcReceiver, serving_grpc
from fleetglass_collector.receive.http import routes
from fleetglass_collector.receive.intake import Intake
from fleetglass_collector.receive.listener import serving
from fleetglass_collector.receive.permissions import permission_routes
from fleetglass_collector.receive.routes import Application
from fleetglass_collector.ship.accounts import Accounts
from fleetglass_collector.ship.shipper import Shipper
from fleetglass_collector.ship.target import StoreTarget, store_of

log = logging.getLogger(__name__)

DRAIN_S = 5.0


async def run(config: Config, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Collect until `stop` is set. Each acknowledged span is then in the journal or database."""
    keyring = Keyring(config.folder / "keys.json")
    for listen in (config.receiver.http, config.receiver.grpc):
        require_key(listen, keyring, Scope.INGEST, Scope.ADMIN)
    journal = Journal(config.folder / "journal", config.journal)
    quarantine = Quarantine(journal.folder / "quarantine")
    target = StoreTarget(config)
    shipper = Shipper(journal, target, quarantine)
    registry = CollectorRegistry()
    registry.register(
        Accounts(journal=journal, shipper=shipper, quarantine=quarantine, clock_ns=time.time_ns)
    )
    registry.register(WrittenByDetectors(config.folder / "detect"))
    intake = Intake(journal, config.receiver, registry)
    door = Door(keyring, owner=owner_key(owner_secret(config.folder)))
    connect = partial(store_of, config)
    directives, policy = DirectiveCache(connect), PolicyCache(connect)
    permissions = permission_routes(connect, policy.answer)
    _show_age(directives, registry)
    try:
        async with contextlib.AsyncExitStack() as listeners:
            collected = routes(intake, registry, directives.answer, permissions)
            http = Application(collected, door, intake.refused)
            grpc = GrpcReceiver(intake, door)
            await listeners.enter_async_context(
                serving(http, config.receiver.http, config.receiver)
            )
            await listeners.enter_async_context(serving_grpc(grpc, config.receiver.grpc, intake))
            ready()
            await stop.wait()
    finally:
        await asyncio.to_thread(directives.close)
        await asyncio.to_thread(policy.close)
        await asyncio.to_thread(journal.stop)
        await asyncio.to_thread(shipper.stop, drain_s=DRAIN_S)
        journal.close()
        target.close()


def _show_age(directives: DirectiveCache, registry: CollectorRegistry) -> None:
    told = "Age of the directives that agents get; 0 while no agent asks."
    Gauge(DIRECTIVES_AGE, told, registry=registry).set_function(directives.age_s)
