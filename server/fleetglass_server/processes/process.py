"""What all our processes share: logging, signals, and the connection to the supervisor."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable

Service = Callable[[asyncio.Event, Callable[[], None]], Awaitable[None]]

LIFELINE = "FLEETGLASS_LIFELINE"
READY = b"ready\n"
GC_THRESHOLD = 50_000
# These libraries log every failed attempt, with addresses. We log an outage once ourselves.
CHATTY = ("clickhouse_connect", "urllib3")


def serve(service: Service, ready_line: str) -> int:
    """Run a service until a signal; return 0 when it stopped in order."""
    log_to_stderr()
    # Imported modules stay: scanning them again and again costs a busy process a tenth of its time.
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    asyncio.run(_serve(service, ready_line))
    return 0


def log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"
    )
    for library in CHATTY:
        logging.getLogger(library).setLevel(logging.CRITICAL)


async def _serve(service: Service, ready_line: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    lifeline = _lifeline()

    def ready() -> None:
        logging.getLogger(__name__).info(ready_line)
        if lifeline:
            lifeline.send(READY)

    await service(stop, ready)


def _lifeline() -> socket.socket | None:
    """End this process when its supervisor dies, even if the supervisor is killed.

    Ending at once loses nothing: the journal and the store survive a crash. It frees the ports and
    the folder for the next start.
    """
    descriptor = os.environ.pop(LIFELINE, "")
    if not descriptor:
        return None
    lifeline = socket.socket(fileno=int(descriptor))

    def watch() -> None:
        # If the supervisor is killed before it reads READY, the socket is reset, not closed.
        with contextlib.suppress(OSError):
            while lifeline.recv(64):
                pass
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
    return lifeline
