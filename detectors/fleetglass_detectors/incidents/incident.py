"""An incident: what is wrong with whom, since when, and what it has cost."""

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

import numpy as np

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.signal import Evidence, Level
from fleetglass_detectors.subject import RUN, Subject

SECOND_NS = 1_000_000_000


class Stand(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    family: str
    run: int
    subject: Subject
    stand: Stand
    severity: Level
    first_ns: int
    """When what is wrong began, in the run's own time."""
    opened_ns: int
    reopened_ns: int
    updated_ns: int
    signalled_ns: int
    """When it was last heard of."""
    resolved_ns: int = 0
    opened: int = 1
    detectors: tuple[str, ...]
    kinds: tuple[str, ...]
    finding: str
    """What the detector says that is easiest to believe."""
    told_by: tuple[str, str]
    """That detector, and the kind of its finding."""
    score: float
    first_cycle: tuple[int, ...] = ()
    last_cycle: tuple[int, ...] = ()
    evidence: Evidence
    harm: Harm = Harm()
    change: str
    """What the last change was."""

    @property
    def id(self) -> int:
        return identity(self.family, self.run)

    def spans(self, cycle: tuple[int, ...]) -> list[tuple[str, str]]:
        """The ids of a cycle's spans, and what each did."""
        known = {key: (span_id, name) for key, span_id, name in self.harm.named}
        return [known[key] for key in cycle if key in known]

    @property
    def summary(self) -> str:
        harm = self.harm
        parts = [f"{self.subject.title}: {self.finding}"]
        if names := [name for _, name in self.spans(self.first_cycle)]:
            parts[0] += f" [{' → '.join(names)}]"
        if harm.last_step:
            parts.append(f"steps {harm.first_step} to {harm.last_step}")
        if harm.tokens and self.subject.about == RUN:
            money = f", ${harm.cost:,.2f}" if harm.cost else ""
            parts.append(f"{harm.tokens:,} tokens{money} since it began")
        return "; ".join(parts)


def identity(family: str, run: int) -> int:
    told = f"{family}\0{run}".encode()
    return int.from_bytes(blake2b(told, digest_size=8).digest(), "little")


def named(id: int) -> str:
    """An incident's id, as people see and type it."""
    return f"{id:016x}"


def stamp(ns: int) -> str:
    """A time, as the database reads it."""
    return str(np.datetime64(max(0, ns), "ns")).replace("T", " ")


def told(incident: Incident) -> Evidence:
    """The evidence, for people and programs."""
    harm = incident.harm
    if incident.subject.about != RUN:
        return incident.evidence | {
            "since": iso(incident.first_ns),
            "tokens": harm.tokens,
            "score": round(incident.score, 3),
        }
    return incident.evidence | {
        "traces": [incident.subject.trace_id],
        "first_step": harm.first_step,
        "last_step": harm.last_step,
        "first_cycle": [" ".join(span) for span in incident.spans(incident.first_cycle)],
        "last_cycle": [" ".join(span) for span in incident.spans(incident.last_cycle)],
        "since": iso(incident.first_ns),
        "last_new_at": iso(harm.last_new_ns) if harm.last_new_ns else "",
        "tokens": harm.tokens,
        "tokens_per_hour": round(harm.tokens_per_hour),
        "actions": harm.actions,
        "score": round(incident.score, 3),
    }


def iso(ns: int) -> str:
    return f"{np.datetime64(max(0, ns), 'ns')}Z"


def row(incident: Incident) -> bytes:
    """As the table `incidents_rows` takes it."""
    harm, subject = incident.harm, incident.subject
    line = {
        "id": incident.id,
        "version": incident.updated_ns,
        "tenant": subject.tenant,
        "family": incident.family,
        "detectors": incident.detectors,
        "kinds": incident.kinds,
        "state": incident.stand,
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
        "evidence": json.dumps(told(incident)),
        "change": incident.change,
    }
    return json.dumps(line).encode()
