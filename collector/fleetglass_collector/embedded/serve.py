"""Runs the embedded store from start to end."""

import asyncio
from collections.abc import Callable

from fleetglass_collector.access.address import split_address
from fleetglass_collector.access.door import Door, require_key
from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.access.owner import owner_key, owner_secret
from fleetglass_collector.config import Config
from fleetglass_collector.embedded.endpoint import Endpoint
from fleetglass_collector.embedded.engine.engine import Engine
from fleetglass_collector.embedded.listener import Listener, tls_context
from fleetglass_collector.embedded.users import Roles

DRAIN_S = 5.0


async def run(config: Config, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve until `stop` is set; then give running queries a few seconds, and end them.

    Raises:
        ConfigError: The folder, the port or the certificate cannot be used, or nobody may read.
    """
    keyring = Keyring(config.folder / "keys.json")
    require_key(config.query.listen, keyring, Scope.READ, Scope.ADMIN)
    secret = owner_secret(config.folder)
    roles = Roles(secret, Door(keyring, owner=owner_key(secret)))
    tls = tls_context(config.receiver.tls_certificate, config.receiver.tls_key)
    engine = Engine(config.store_folder)
    try:
        endpoint = Endpoint(engine, roles, config.query)
        listener = Listener(split_address(config.query.listen), endpoint, tls=tls)
        await _serve(listener, endpoint, stop, ready)
    finally:
        engine.close()


async def _serve(
    listener: Listener, endpoint: Endpoint, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    listener.start()
    ready()
    await stop.wait()
    await asyncio.to_thread(listener.drain, endpoint.watch.end_all, DRAIN_S)
    endpoint.watch.close()
