"""Runs work in a thread until the process stops, and starts it again when the database fails."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from fleetglass_collector.backoff import Backoff
from fleetglass_collector.errors import StoreError

log = logging.getLogger(__name__)

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 3.0
# The database may start at the same time as we do: log a failure only after this long.
PATIENCE_S = 5.0
# A fresh database has no tables until the collector has made them: long on a busy machine.
TABLE_PATIENCE_S = 60.0
UNKNOWN_TABLE = 60
# If the work ran for this long before it failed, count it as a new failure.
STEADY_S = 15.0

Work = Callable[[threading.Event], None]
"""Returns once the event is set. It is called again after a StoreError."""


async def run(work: Work, stop: asyncio.Event, ready: Callable[[], None], *, doing: str) -> None:
    ended = threading.Event()
    working = asyncio.create_task(asyncio.to_thread(_persist, work, ended, doing))
    ready()
    stopping = asyncio.create_task(stop.wait())
    # Any other error ends the process; the supervisor logs that and starts it again.
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    ended.set()
    await working


def _persist(work: Work, ended: threading.Event, doing: str) -> None:
    failing_since: float | None = None
    backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S)
    warned = False
    while not ended.is_set():
        began = time.monotonic()
        try:
            work(ended)
        except StoreError as error:
            if time.monotonic() - began > STEADY_S:
                failing_since, warned = None, False
                backoff.reset()
            failing_since = failing_since or time.monotonic()
            patience_s = TABLE_PATIENCE_S if error.code == UNKNOWN_TABLE else PATIENCE_S
            if not warned and time.monotonic() - failing_since > patience_s:
                warned = True
                log.warning("cannot %s, will keep trying: %s", doing, error)
            ended.wait(backoff.next())
