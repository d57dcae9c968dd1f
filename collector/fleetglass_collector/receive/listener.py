"""An HTTP listener: granian serves an RSGI application in the running event loop."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server

from fleetglass_collector.access.address import split_address
from fleetglass_collector.config import Receiver
from fleetglass_collector.errors import ConfigError
from fleetglass_collector.receive.rsgi import Exchange, Scope

Application = Callable[[Scope, Exchange], Awaitable[None]]

MAX_CONNECTIONS = 4096
HEADER_TIMEOUT_MS = 10_000
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def serving(app: Application, listen: str, receiver: Receiver) -> AsyncGenerator[None]:
    """Serve `app` on `listen` while the context is open.

    Raises:
        ConfigError: It cannot listen on the address.
    """
    host, port = split_address(listen)
    refuse_used_address(listen)
    tls = receiver.tls_certificate and receiver.tls_key
    server: Any = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.auto,
        websockets=False,
        backlog=1024,
        # In granian, this limits all connections, including idle ones.
        backpressure=MAX_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT_MS),
        log_enabled=False,
        ssl_cert=Path(receiver.tls_certificate) if tls else None,
        ssl_key=Path(receiver.tls_key) if tls else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    task = asyncio.create_task(server.serve())
    try:
        await _answering(task, listen)
        yield
    finally:
        server.stop()
        await asyncio.wait([task], timeout=STOP_TIMEOUT_S)


async def _answering(serving: "asyncio.Task[None]", listen: str) -> None:
    """Wait until the listener accepts connections, so that "ready" is true when it is said."""
    host, port = split_address(listen)
    # A listener on all addresses answers on the loopback address, too.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not serving.done() and time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    reason = serving.exception() if serving.done() and not serving.cancelled() else None
    raise ConfigError(f"cannot listen on {listen}: {reason or 'it does not answer'}")


def refuse_used_address(listen: str) -> None:
    """Raise ConfigError if another process uses the address: granian would share it silently."""
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {listen}: {error.strerror}. Stop the process that uses this "
                "address, or choose another address in the configuration."
            ) from error
