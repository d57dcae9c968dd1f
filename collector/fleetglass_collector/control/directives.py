"""Directives: orders to halt, throttle or resume agents.

A directive names a tenant, and may name an agent, a version and a cohort. A field that is empty
matches every agent. Rows are only added to the table, so the table is also the history.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from fleetglass_collector.control.followed import Followed
from fleetglass_collector.store.client import Store

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
    """Answers the requests of many agents from memory."""

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._followed = Followed(connect, in_force, what="directives")
        self.age_s = self._followed.age_s
        self.close = self._followed.close

    def answer(self, tenant: str) -> bytes | None:
        """Return the directives for a tenant's agents, as JSON; None while they are not known."""
        known = self._followed.value()
        if known is None:
            return None
        directives = [
            asdict(each.scope)
            | {
                "action": each.action,
                "every_s": each.every_s,
                "reason": each.reason,
                "until": each.until,
            }
            for each in known[0]
            if each.scope.tenant == tenant
        ]
        return json.dumps({"directives": directives}).encode()
