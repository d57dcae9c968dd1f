"""Directives that people and detectors give to running agents. A thread fetches them.

If the collector cannot be reached for a while, agents keep running, and throttles end. An agent
that was halted stays halted until it is told otherwise, or until the halt's own end.
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
# Without an answer for this long, the throttles that were fetched before no longer hold.
TRUST_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    action: str
    """halt or throttle. A resumed agent has no directive."""
    agent: str = ""
    version: str = ""
    cohort: str = ""
    every_s: float = 0.0
    """For a throttle: the shortest time between two steps of one process."""
    reason: str = ""
    until: float = 0.0
    """When it ends, in Unix seconds; 0 if it has no end."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            action=str(row["action"]),
            agent=str(row.get("agent") or ""),
            version=str(row.get("version") or ""),
            cohort=str(row.get("cohort") or ""),
            every_s=float(row.get("every_s") or 0),
            reason=str(row.get("reason") or ""),
            until=float(row.get("until") or 0),
        )

    def holds_for(self, identity: Identity) -> bool:
        """Say whether the directive covers an agent. An empty field covers every agent."""
        return (
            self.agent in ("", identity.agent)
            and self.version in ("", identity.version)
            and self.cohort in ("", identity.cohort)
        )


Fetch = Callable[[], list[Directive]]


class Directives:
    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._directives: list[Directive] = []
        self._fetched_s = 0.0
        self._turns: dict[Directive, float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def of(self, identity: Identity) -> Directive | None:
        """Return the strictest directive for an agent; None if there is none."""
        if self._thread is None:
            self._start()
        if not self._directives:
            return None
        is_fresh = time.monotonic() - self._fetched_s <= TRUST_S
        matching = [
            one for one in self._directives if one.holds_for(identity) and (is_fresh or _stays(one))
        ]
        return min(matching, key=lambda one: (one.action != "halt", -one.every_s), default=None)

    def turn(self, directive: Directive) -> float:
        """Return how many seconds the next step has to wait under a throttle."""
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
                self._directives = self._fetch()
                self._fetched_s = time.monotonic()
            except Exception as error:
                log.debug("no directives: %s", error)
            ended.wait(POLL_S)


def _stays(directive: Directive) -> bool:
    """Say whether a directive holds although the collector cannot be asked any more."""
    has_ended = 0 < directive.until <= time.time_ns() / 1e9
    return directive.action == "halt" and not has_ended
