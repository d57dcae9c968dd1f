"""The process that serves the API.

It is separate from the collector, so that a slow API request never delays an acknowledgement.
"""

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from fleetglass_collector.access.door import Door, require_key
from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.access.owner import owner_key, owner_secret
from fleetglass_collector.config import Config
from fleetglass_collector.metrics import refusals
from fleetglass_collector.receive.http import metrics
from fleetglass_collector.receive.listener import serving
from fleetglass_collector.receive.routes import Application, Route, healthy
from fleetglass_collector.ship.target import store_of
from fleetglass_server.api import approvals, directives, incidents
from fleetglass_server.processes.chain_file import audit_log


async def run(config: Config, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    keyring = Keyring(config.folder / "keys.json")
    require_key(config.api.listen, keyring, Scope.READ, Scope.ADMIN)
    registry = CollectorRegistry()
    log = audit_log(config.folder, "api")
    routes = (
        *incidents.routes(lambda: store_of(config), log),
        *directives.routes(lambda: store_of(config), log),
        *approvals.routes(lambda: store_of(config), log),
        Route(method="GET", path="/metrics", answer=metrics(registry), scope=Scope.READ),
        Route(method="GET", path="/healthz", answer=healthy),
    )
    refused = refusals("fleetglass_api_refused_total", registry)
    door = Door(keyring, owner=owner_key(owner_secret(config.folder)))
    application = Application(routes, door, refused)
    async with serving(application, config.api.listen, config.receiver):
        ready()
        await stop.wait()
