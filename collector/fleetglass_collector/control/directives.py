"""Directives: orders to halt, throttle or resume agents.

A directive names a tenant, and may name an agent, a version and a cohort. A field that is empty
matches every agent. Rows are only added to the table, so the table is also the history.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.client import Store

log = logging.getLogger(__name__)

IN_FORCE = """
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
# Agents ask every second, and must obey within two.
READ_EVERY_S = 0.5
# The thread stops when no agent has asked for this long.
IDLE_S = 30.0
# Directives read longer ago than this are not repeated. An agent without an answer keeps running.
MAX_AGE_S = 10.0


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
        fields = {"agent": self.agent, "version": self.version, "cohort": self.cohort}
        parts = [f"{name} {value!r}" for name, value in fields.items() if value]
        return f"{' of '.join(parts) or 'all agents'} of tenant {self.tenant!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    scope: Scope
    action: str
    every_s: float = 0.0
    reason: str = ""
    by: str = ""
    since: str = ""
    until: int = 0
    """Unix seconds; 0 if it stays in force until `resume`."""


class Readable(Protocol):
    """A database that can be asked, by its owner or by a reader."""

    def query(self, sql: str, /) -> bytes: ...


def in_force(database: Readable) -> list[Directive]:
    return [_directive(json.loads(line)) for line in database.query(IN_FORCE).splitlines()]


def add(store: Store, directives: Iterable[Directive]) -> None:
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


class DirectiveCache:
    """Answers the requests of many agents from memory. A thread reads the database meanwhile."""

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._connect = connect
        self._directives: list[Directive] = []
        self._read_s = 0.0
        self._asked_s = 0.0
        self._first_asked_s = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def answer(self, tenant: str) -> bytes | None:
        """Return the directives for a tenant's agents, as JSON; None while they are not known."""
        now = time.monotonic()
        if now - self._asked_s > IDLE_S:
            self._first_asked_s = now
        self._asked_s = now
        self._ensure_thread()
        if self._asked_s - self._read_s > MAX_AGE_S:
            return None
        directives = [
            asdict(each.scope)
            | {
                "action": each.action,
                "every_s": each.every_s,
                "reason": each.reason,
                "until": each.until,
            }
            for each in self._directives
            if each.scope.tenant == tenant
        ]
        return json.dumps({"directives": directives}).encode()

    def age_s(self) -> float:
        """Return how old the directives are that agents get; 0 while no agent asks."""
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
                self._thread = threading.Thread(target=self._read, name="directives", daemon=True)
                self._thread.start()

    def _read(self) -> None:
        try:
            self._follow()
        except Exception:
            # The next request starts a new thread.
            log.exception("the directives cannot be followed")
        finally:
            with self._lock:
                self._thread = None

    def _follow(self) -> None:
        """Read the directives again and again, until no agent has asked for a while."""
        store = self._connect()
        try:
            while not self._ended.is_set() and time.monotonic() - self._asked_s < IDLE_S:
                self._read_once(store)
                self._ended.wait(READ_EVERY_S)
        finally:
            store.close()

    def _read_once(self, store: Store) -> None:
        try:
            self._directives = in_force(store)
            self._read_s = time.monotonic()
        except StoreError as error:
            log.debug("cannot read the directives: %s", error)
