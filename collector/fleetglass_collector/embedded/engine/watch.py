"""Ends queries whose client is gone, and queries that the engine does not end in time."""

import contextlib
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

log = logging.getLogger(__name__)

PERIOD_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    marker: str
    descriptor: int
    deadline: float


class Watch:
    """One thread that checks the connections of all running queries."""

    def __init__(self, kill: Callable[[str], None]) -> None:
        self._kill = kill
        self._queries: dict[str, _Query] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def over(self, marker: str, client: socket.socket, *, seconds: float) -> Generator[None]:
        # Nobody else can close our own copy of the descriptor and reuse its number.
        query = _Query(
            marker=marker,
            descriptor=os.dup(client.fileno()),
            deadline=time.monotonic() + seconds,
        )
        with self._lock:
            self._queries[marker] = query
        try:
            yield
        finally:
            with self._lock:
                del self._queries[marker]
                os.close(query.descriptor)

    def end_all(self) -> None:
        for query in self._running():
            self._kill(query.marker)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _running(self) -> list[_Query]:
        with self._lock:
            return list(self._queries.values())

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            try:
                # A kill may come before the engine knows the query, so it is repeated.
                for marker in self._abandoned():
                    self._kill(marker)
            except Exception:
                # Without this thread no query would ever be ended again.
                log.exception("cannot end a query; the watch goes on")

    def _abandoned(self) -> list[str]:
        with self._lock:
            poll = select.poll()
            for query in self._queries.values():
                poll.register(query.descriptor, select.POLLRDHUP | select.POLLHUP)
            gone = {descriptor for descriptor, _ in poll.poll(0)} if self._queries else set[int]()
            now = time.monotonic()
            return [
                query.marker
                for query in self._queries.values()
                if query.descriptor in gone or now > query.deadline
            ]
