"""What people and detectors tell running agents, fetched by a thread of its own.

It fails open: who cannot be asked for a while is as if nothing had been said.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from fleetglass._identity import Identity

log = logging.getLogger("fleetglass")

POLL_S = 1.0
# Without an answer for so long, what was said before no longer holds.
TRUST_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    action: str
    """halt or throttle; what is resumed is no longer told."""
    agent: str = ""
    version: str = ""
    cohort: str = ""
    every_s: float = 0.0
    """Of a throttle: the shortest time from one step to the next, in each process."""
    reason: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            action=str(told["action"]),
            agent=str(told.get("agent") or ""),
            version=str(told.get("version") or ""),
            cohort=str(told.get("cohort") or ""),
            every_s=float(told.get("every_s") or 0),
            reason=str(told.get("reason") or ""),
        )

    def holds_for(self, identity: Identity) -> bool:
        """What a directive leaves open holds for all."""
        return (
            self.agent in ("", identity.agent)
            and self.version in ("", identity.version)
            and self.cohort in ("", identity.cohort)
        )


Fetch = Callable[[], list[Directive]]


class Directives:
    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._told: list[Directive] = []
        self._heard_s = 0.0
        self._turns: dict[Directive, float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def of(self, identity: Identity) -> Directive | None:
        """The strictest that holds for an agent."""
        if self._thread is None:
            self._start()
        if not self._told or time.monotonic() - self._heard_s > TRUST_S:
            return None
        found = [directive for directive in self._told if directive.holds_for(identity)]
        return min(found, key=lambda one: (one.action != "halt", -one.every_s), default=None)

    def turn(self, directive: Directive) -> float:
        """How long to wait for one's turn under a throttle."""
        now = time.monotonic()
        with self._lock:
            at = max(now, self._turns.get(directive, 0.0))
            self._turns[directive] = at + directive.every_s
        return at - now

    def close(self) -> None:
        self._ended.set()

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="fleetglass-directives", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        ended = self._ended
        while not ended.is_set():
            try:
                self._told = self._fetch()
                self._heard_s = time.monotonic()
            except Exception as error:
                log.debug("no directives: %s", error)
            ended.wait(POLL_S)
