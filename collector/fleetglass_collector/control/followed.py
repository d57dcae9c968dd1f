"""Something in the database that agents ask for again and again: a thread reads it meanwhile."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.client import Store

log = logging.getLogger(__name__)

# Agents ask every second, and must obey within two.
READ_EVERY_S = 0.5
# The thread stops when no agent has asked for this long.
IDLE_S = 30.0
# What was read longer ago than this is not repeated. An agent without an answer keeps running.
MAX_AGE_S = 10.0

T = TypeVar("T")


class Followed(Generic[T]):
    """Answers many agents from memory."""

    def __init__(
        self, connect: Callable[[], Store], read: Callable[[Store], T], *, what: str
    ) -> None:
        self._connect = connect
        self._read = read
        self._what = what
        self._known: tuple[T] | None = None
        self._read_s = 0.0
        self._asked_s = 0.0
        self._first_asked_s = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def value(self) -> tuple[T] | None:
        """Return what was read last, in a tuple; None while it is not known."""
        now = time.monotonic()
        if now - self._asked_s > IDLE_S:
            self._first_asked_s = now
        self._asked_s = now
        self._ensure_thread()
        return None if self._asked_s - self._read_s > MAX_AGE_S else self._known

    def age_s(self) -> float:
        """Return how old the answer is that agents get; 0 while no agent asks."""
        now = time.monotonic()
        is_idle = not self._asked_s or now - self._asked_s > IDLE_S
        return 0.0 if is_idle else now - (self._read_s or self._first_asked_s)

    def close(self) -> None:
        self._ended.set()
        if thread := self._thread:
            thread.join()

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._run, name=self._what, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            self._follow()
        except Exception:
            # The next request starts a new thread.
            log.exception("the %s cannot be followed", self._what)
        finally:
            with self._lock:
                self._thread = None

    def _follow(self) -> None:
        """Read again and again, until no agent has asked for a while."""
        store = self._connect()
        try:
            while not self._ended.is_set() and time.monotonic() - self._asked_s < IDLE_S:
                self._read_once(store)
                self._ended.wait(READ_EVERY_S)
        finally:
            store.close()

    def _read_once(self, store: Store) -> None:
        try:
            self._known = (self._read(store),)
            self._read_s = time.monotonic()
        except StoreError as error:
            log.debug("cannot read the %s: %s", self._what, error)
