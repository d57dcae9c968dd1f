"""An incident: what is wrong, with which run or agent, since when, and what it cost."""

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

import numpy as np

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.signal import Cycles, Evidence, Level
from fleetglass_detectors.subject import RUN, Subject

SECOND_NS = 1_000_000_000


class Status(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    family: str
    run: int
    subject: Subject
    status: Status
    severity: Level
    first_ns: int
    """When the problem began, in the run's own time."""
    opened_ns: int
    """When it was opened, and never before `first_ns`."""
    reopened_ns: int
    updated_ns: int
    signalled_ns: int
    """When a detector last reported it."""
    resolved_ns: int = 0
    ends_ns: int = 0
    """When it is over by itself; 0 if only silence ends it."""
    opened: int = 1
    """How many times it was opened."""
    detectors: tuple[str, ...]
    kinds: tuple[str, ...]
    finding: str
    """The summary of the signal that is easiest to believe."""
    source: tuple[str, str]
    """The detector of that signal, and its kind."""
    score: float
    cycles: Cycles = Cycles()
    evidence: Evidence
    harm: Harm = Harm()
    change: str
    """The last change, in words. It is empty in a row that only brings the harm up to date."""
    severity_why: str = ""

    @property
    def id(self) -> int:
        return identity(self.family, self.run)

    def spans(self, cycle: tuple[int, ...]) -> list[tuple[str, str]]:
        """Return the id and the name of each span of a cycle, as far as they are known."""
        names = {key: (span_id, name) for key, span_id, name in self.harm.span_names}
        return [names[key] for key in cycle if key in names]

    @property
    def summary(self) -> str:
        harm = self.harm
        parts = [f"{self.subject.title}: {self.finding}"]
        if names := [name for _, name in self.spans(self.cycles.first)]:
            parts[0] += f" [{' → '.join(names)}]"
        if harm.failed:
            parts.append(f"{harm.failed:,} failed{_with(harm.error)}")
        if harm.last_step:
            parts.append(f"steps {harm.first_step} to {harm.last_step}")
        if harm.tokens and self.subject.about == RUN:
            money = f", ${harm.cost:,.2f}" if harm.cost else ""
            parts.append(f"{harm.tokens:,} tokens{money} since it began")
        return "; ".join(parts)


def _with(error: str) -> str:
    # OpenTelemetry writes `_OTHER` where nobody named the error.
    return f" with {error}" if error and error != "_OTHER" else ""


def identity(family: str, run: int) -> int:
    key = f"{family}\0{run}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "little")


def hex_id(id: int) -> str:
    """Return an incident's id as people see and type it."""
    return f"{id:016x}"


def stamp(ns: int) -> str:
    """Return a time in the form that the database reads."""
    return str(np.datetime64(max(0, ns), "ns")).replace("T", " ")


def evidence_of(incident: Incident) -> Evidence:
    """Return the detector's evidence together with the incident's own figures."""
    harm = incident.harm
    if incident.subject.about != RUN:
        return incident.evidence | {
            "severity_why": incident.severity_why,
            "since": iso(incident.first_ns),
            "tokens": harm.tokens,
            "score": round(incident.score, 3),
        }
    return incident.evidence | {
        "severity_why": incident.severity_why,
        "failed": harm.failed,
        "error": harm.error,
        "traces": [incident.subject.trace_id],
        "first_step": harm.first_step,
        "last_step": harm.last_step,
        **_cycles(incident),
        "since": iso(incident.first_ns),
        "last_new_at": iso(harm.last_new_ns) if harm.last_new_ns else "",
        "tokens": harm.tokens,
        "tokens_per_hour": round(harm.tokens_per_hour),
        "actions": harm.actions,
        "score": round(incident.score, 3),
    }


def _cycles(incident: Incident) -> dict[str, list[str]]:
    """Return the steps of both cycles. An incident that was taken up again has them as evidence."""
    cycles = {"first_cycle": incident.cycles.first, "last_cycle": incident.cycles.last}
    named = {
        name: [" ".join(span) for span in incident.spans(cycle)] for name, cycle in cycles.items()
    }
    return {name: spans for name, spans in named.items() if spans or name not in incident.evidence}


def iso(ns: int) -> str:
    return f"{np.datetime64(max(0, ns), 'ns')}Z"


def row(incident: Incident) -> bytes:
    """Return a JSON line for the table `incidents_rows`."""
    harm, subject = incident.harm, incident.subject
    line = {
        "id": incident.id,
        "version": incident.updated_ns,
        "tenant": subject.tenant,
        "family": incident.family,
        "detectors": incident.detectors,
        "kinds": incident.kinds,
        "state": incident.status,
        "severity": incident.severity,
        "agent": subject.agent,
        "agents": harm.agents,
        "about": subject.about,
        "subject": subject.name,
        "trace_id": subject.trace_id,
        "run_id": subject.run_id,
        **{
            f"{name}_at": stamp(getattr(incident, f"{name}_ns"))
            for name in ("first", "opened", "reopened", "updated", "resolved")
        },
        "opened": incident.opened,
        "spans": harm.spans,
        "tokens": harm.tokens,
        "cost": harm.cost,
        "cost_per_hour": harm.cost_per_hour,
        "unpriced": harm.unpriced,
        "summary": incident.summary,
        "evidence": json.dumps(evidence_of(incident)),
        "change": incident.change,
    }
    return json.dumps(line).encode()
