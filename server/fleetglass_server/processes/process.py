"""What every process of ours does alike: logging, signals, and its tie to the supervisor."""

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
# They log each failed attempt, with addresses; we say once that something does not answer.
CHATTY = ("clickhouse_connect", "urllib3")


def serve(service: Service, ready_line: str) -> int:
    """Run a service until it is told to stop; 0 when it ended in order."""
    log_to_stderr()
    # What was imported stays; looking through it again and again costs a tenth of a busy process.
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
    """Tie this process to its supervisor: when that dies, however it dies, so does this.

    Ending at once loses nothing, for that is what the journal and the store are made to survive,
    and it leaves the ports and the folder to whoever is started next.
    """
    descriptor = os.environ.pop(LIFELINE, "")
    if not descriptor:
        return None
    lifeline = socket.socket(fileno=int(descriptor))

    def watch() -> None:
        # A supervisor killed before it read that we are ready is a reset, not an end.
        with contextlib.suppress(OSError):
            while lifeline.recv(64):
                pass
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
    return lifeline
