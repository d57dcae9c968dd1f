"""What agents are told from outside: halt, throttle, resume.

A directive names a tenant and as much of agent, version and cohort as it wants to; what it leaves
out holds for all. They are rows that are only added, so they are their own history.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.client import Store

log = logging.getLogger(__name__)

STANDING = """
SELECT
    tenant, agent, version, cohort,
    argMax(action, at) AS action,
    argMax(every_s, at) AS every_s,
    argMax(reason, at) AS reason,
    argMax(by, at) AS by,
    toString(max(at)) AS since,
    toUnixTimestamp(argMax(until, at)) AS until
FROM directives
GROUP BY tenant, agent, version, cohort
HAVING action != 'resume' AND (until = 0 OR until > toUnixTimestamp(now()))
ORDER BY tenant, agent, version, cohort
"""
# Agents ask each second, and are to obey within two.
LOOK_EVERY_S = 0.5
# Nobody asks, nobody looks.
PATIENCE_S = 30.0
# What was seen longer ago is not repeated: an agent that hears nothing goes on.
TRUST_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    tenant: str
    agent: str = ""
    version: str = ""
    cohort: str = ""

    def covers(self, other: "Scope") -> bool:
        return (
            self.tenant == other.tenant
            and self.agent in ("", other.agent)
            and self.version in ("", other.version)
            and self.cohort in ("", other.cohort)
        )

    def __str__(self) -> str:
        told = {"agent": self.agent, "version": self.version, "cohort": self.cohort}
        named = [f"{name} {value!r}" for name, value in told.items() if value]
        return f"{' of '.join(named) or 'all agents'} of tenant {self.tenant!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    scope: Scope
    action: str
    every_s: float = 0.0
    reason: str = ""
    by: str = ""
    since: str = ""
    until: int = 0
    """Unix seconds; 0 is until it is lifted."""


def standing(store: Store) -> list[Directive]:
    """What holds now."""
    return [_directive(json.loads(line)) for line in store.query(STANDING).splitlines()]


def give(store: Store, directives: Iterable[Directive]) -> None:
    lines = [
        json.dumps(
            asdict(directive.scope)
            | {
                "action": directive.action,
                "every_s": directive.every_s,
                "reason": directive.reason,
                "by": directive.by,
                "until": directive.until,
            }
        )
        for directive in directives
    ]
    store.insert("directives", "\n".join(lines).encode())


def _directive(row: Mapping[str, Any]) -> Directive:
    names = ("tenant", "agent", "version", "cohort")
    return Directive(
        scope=Scope(**{name: row[name] for name in names}),
        action=row["action"],
        every_s=float(row["every_s"]),
        reason=row["reason"],
        by=row["by"],
        since=row["since"],
        until=int(row["until"]),
    )


class Board:
    """What holds now, for many who ask at once; looks it up while somebody asks."""

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._connect = connect
        self._standing: list[Directive] = []
        self._seen_s = 0.0
        self._asked_s = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def told(self, tenant: str) -> bytes | None:
        """The answer to a tenant's agents; None while it is not known."""
        self._asked_s = time.monotonic()
        self._ensure_thread()
        if self._asked_s - self._seen_s > TRUST_S:
            return None
        mine = [one for one in self._standing if one.scope.tenant == tenant]
        told = [
            asdict(one.scope) | {"action": one.action, "every_s": one.every_s, "reason": one.reason}
            for one in mine
        ]
        return json.dumps({"directives": told}).encode()

    def close(self) -> None:
        self._ended.set()
        if thread := self._thread:
            thread.join()

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._look, name="directives", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        store = self._connect()
        while not self._ended.is_set() and time.monotonic() - self._asked_s < PATIENCE_S:
            try:
                self._standing = standing(store)
                self._seen_s = time.monotonic()
            except StoreError as error:
                log.debug("no directives: %s", error)
            self._ended.wait(LOOK_EVERY_S)
        store.close()
        with self._lock:
            self._thread = None
