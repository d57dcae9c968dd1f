"""Work that goes on until it is told to stop, however often the database is away meanwhile."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from fleetglass_collector.backoff import Backoff
from fleetglass_collector.errors import StoreError

log = logging.getLogger(__name__)

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 3.0
# A database that is started beside us may take so long before it is worth a word.
PATIENCE_S = 5.0
# Who worked for so long was not failing.
STEADY_S = 15.0

Work = Callable[[threading.Event], None]
"""Goes on until the event is set. After a StoreError it begins anew."""


async def run(work: Work, stop: asyncio.Event, ready: Callable[[], None], *, doing: str) -> None:
    ended = threading.Event()
    going = asyncio.create_task(asyncio.to_thread(_persist, work, ended, doing))
    ready()
    told = asyncio.create_task(stop.wait())
    # An error of our own ends the process, which is seen, and started again.
    await asyncio.wait({going, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    ended.set()
    await going


def _persist(work: Work, ended: threading.Event, doing: str) -> None:
    failing_since: float | None = None
    backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S)
    told = False
    while not ended.is_set():
        began = time.monotonic()
        try:
            work(ended)
        except StoreError as error:
            if time.monotonic() - began > STEADY_S:
                failing_since, told = None, False
                backoff.reset()
            failing_since = failing_since or time.monotonic()
            if not told and time.monotonic() - failing_since > PATIENCE_S:
                told = True
                log.warning("cannot %s; trying on: %s", doing, error)
            ended.wait(backoff.next())
