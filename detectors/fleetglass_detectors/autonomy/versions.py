"""The policies that were ever in force, and since when: a span is judged by that of its own time.

The table has two times for each: since when it is in force, and when it was written. Rows are only
added, so it can always be told what was in force, and what was known to be in force.
"""

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass
from importlib.resources import files

from fleetglass.autonomy.declared import policy as parsed
from fleetglass.autonomy.policy import Policy
from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.audit.log import Log
from fleetglass_detectors.database import Database

VERSIONS = (files("fleetglass_detectors.autonomy") / "versions.sql").read_text()
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    since_ns: int
    digest: str
    text: str
    """The section as JSON."""


def versions(database: Database) -> list[Version]:
    """Return all versions in the order in which they came into force."""
    rows = map(json.loads, database.query(VERSIONS).splitlines())
    return [
        Version(since_ns=int(row["since_ns"]), digest=row["digest"], text=row["text"])
        for row in rows
    ]


def put_in_force(
    database: Database, policy: Policy, now_ns: int, *, by: str, log: Log | None = None
) -> "Policies":
    """Write a policy as in force from now on, if another one is; return them all."""
    known = versions(database)
    if not known or known[-1].digest != policy.digest:
        version = Version(since_ns=now_ns, digest=policy.digest, text=policy.text)
        row = {
            "since": f"{now_ns // SECOND_NS}.{now_ns % SECOND_NS:09d}",
            "digest": policy.digest,
            "text": policy.text,
            "by": by,
        }
        if log:
            log.write(database, [_event(policy, known, by)])
        database.insert("fleet_policies", json.dumps(row).encode())
        known.append(version)
    return Policies(known, policy)


def _event(policy: Policy, known: list[Version], by: str) -> Event:
    return Event(
        kind="policy",
        by=by,
        about=policy.digest,
        # The digest is short. Only a whole hash says which text was meant.
        body={
            "sha256": hashlib.sha256(policy.text.encode()).hexdigest(),
            "before": known[-1].digest if known else "",
        },
    )


class Policies:
    """All versions of the policy, parsed when they are first asked for."""

    def __init__(self, known: list[Version], current: Policy) -> None:
        self._known = known
        self._starts = [version.since_ns for version in known]
        self._parsed = {current.digest: current}

    def at(self, ns: int) -> Policy:
        """Return the policy that was in force; for a time before the first, the first."""
        version = self._known[max(0, bisect_right(self._starts, ns) - 1)]
        if version.digest not in self._parsed:
            section = json.loads(version.text)
            self._parsed[version.digest] = parsed(section, "an earlier fleet.yaml")
        return self._parsed[version.digest]
