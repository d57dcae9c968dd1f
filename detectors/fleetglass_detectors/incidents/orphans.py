"""Finds orphans: incidents that are open in the database and unknown to the detectors.

The detectors forget their incidents when a checkpoint is lost, or when the fleet is shared among
another number of engines. Without this, such incidents would stay open for ever. They are taken up
again: a new signal continues one, and ten quiet minutes end it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from fleetglass_detectors.database import Database
from fleetglass_detectors.harm import HOUR_S, Harm
from fleetglass_detectors.incidents.incident import SECOND_NS, Incident, Status, identity
from fleetglass_detectors.signal import Level
from fleetglass_detectors.subject import RUN, Subject

OPEN = (files("fleetglass_detectors.incidents") / "open_incidents.sql").read_text()


def orphans(database: Database, now_ns: int) -> Iterator[Incident]:
    """Yield the open incidents of the database. They count as signalled now."""
    for row in map(json.loads, database.query(OPEN).splitlines()):
        incident = _incident(row, now_ns)
        # A row of another version may count its runs in another way; it could never match a signal.
        if incident.id == int(row["id"]) == identity(incident.family, incident.run):
            yield incident


def _incident(row: Mapping[str, Any], now_ns: int) -> Incident:
    subject = Subject(
        about=row["about"],
        name=row["subject"],
        tenant=row["tenant"],
        trace_id=row["trace_id"],
        run_id=row["run_id"],
        agent=row["agent"],
    )
    evidence = json.loads(row["evidence"])
    detectors, kinds = tuple(row["detectors"]), tuple(row["kinds"])
    return Incident(
        family=row["family"],
        run=int(row["run"]) if subject.about == RUN else subject.number,
        subject=subject,
        status=Status.OPEN,
        severity=Level(row["severity"]),
        first_ns=int(row["first_ns"]),
        opened_ns=int(row["opened_ns"]),
        reopened_ns=int(row["reopened_ns"]),
        updated_ns=int(row["updated_ns"]),
        signalled_ns=now_ns,
        ends_ns=_ends_ns(evidence),
        opened=int(row["opened"]),
        detectors=detectors,
        kinds=kinds,
        finding=_finding(row["summary"], subject),
        source=(detectors[0] if detectors else "", kinds[0] if kinds else ""),
        score=float(evidence.get("score", 1.0)),
        evidence=evidence,
        harm=_harm(row, evidence),
        change="taken up again after a restart",
        severity_why=str(evidence.get("severity_why", "")),
    )


def _ends_ns(evidence: Mapping[str, Any]) -> int:
    at = str(evidence.get("period_ends", ""))
    return int(datetime.fromisoformat(at).timestamp()) * SECOND_NS if at else 0


def _finding(summary: str, subject: Subject) -> str:
    """Return what a detector said, without what the incident has added around it."""
    words = summary.removeprefix(f"{subject.title}: ")
    return words.partition("; ")[0].partition(" [")[0] if subject.about == RUN else words


def _harm(row: Mapping[str, Any], evidence: Mapping[str, Any]) -> Harm:
    cost, an_hour = float(row["cost"]), float(row["cost_per_hour"])
    return Harm(
        spans=int(row["spans"]),
        tokens=int(row["tokens"]),
        cost=cost,
        unpriced=int(row["unpriced"]),
        actions=int(evidence.get("actions", 0)),
        seconds=cost / an_hour * HOUR_S if an_hour else 0.0,
        agents=tuple(row["agents"]),
        first_step=int(evidence.get("first_step", 0)),
        last_step=int(evidence.get("last_step", 0)),
        failed=int(evidence.get("failed", 0)),
        error=str(evidence.get("error", "")),
    )
