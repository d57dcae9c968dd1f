"""Keeps all incidents that are open or were open lately: it opens, updates, ends and reopens them.

It uses no database and no clock: the same calls in the same order make the same incidents.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, cast

from fleetglass_detectors.detector import State
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.incident import (
    SECOND_NS,
    Incident,
    Status,
    identity,
)
from fleetglass_detectors.incidents.severity import Limits, reason, severity
from fleetglass_detectors.signal import Cycles, Level, Signal
from fleetglass_detectors.subject import Subject

# No signal for this long ends an incident. If it was too early, the same incident opens again.
QUIET_NS = 600 * SECOND_NS
# An incident that a person resolves stays resolved for this long, even if the problem continues.
PEACE_NS = 600 * SECOND_NS
PERIOD_OVER = "the period is over"
# Kinds whose finding is easy to believe, the easiest last.
PLAIN = ("rephrased", "failing", "exact")
FORGET_NS = 86_400 * SECOND_NS
# A span's price and owner are settled seconds after it arrives. Then the harm is read again.
FOLLOW_NS = 5 * SECOND_NS
# Each change is a row. An incident that continues is written now and then, less often as it ages.
WRITE_EVERY_NS = 15 * SECOND_NS


class Book:
    def __init__(self, limits: Limits | None = None, *, most: int = 50_000) -> None:
        self._limits = limits or Limits()
        self._most = most
        self._incidents: dict[int, Incident] = {}
        self._changed: set[int] = set()
        self._written_ns: dict[int, int] = {}
        self._follow_ns: dict[int, int] = {}
        # Incidents that are over and have left the book, each with its last row to write.
        self._gone: list[Incident] = []

    def __len__(self) -> int:
        return len(self._incidents)

    def __iter__(self) -> Iterator[Incident]:
        return iter(self._incidents.values())

    def of(self, signal: Signal) -> Incident | None:
        return self._incidents.get(identity(signal.family, signal.run))

    def add(self, signal: Signal, subject: Subject | None, now_ns: int) -> None:
        """Add a signal to its incident. Only a signal with a subject can open an incident."""
        incident = self.of(signal)
        if incident is None:
            if subject is not None:
                self._put(_opened(signal, subject, now_ns), written=False)
            return
        if 0 < incident.ends_ns <= signal.first_ns:
            self._next_period(incident, signal, now_ns)
            return
        now = _grown(incident, signal, now_ns)
        if incident.id not in self._written_ns:
            # The last change has not been written yet, so it is kept.
            now = replace(now, change=incident.change)
        reopens_ns = incident.resolved_ns + self._peace(incident)
        if incident.status is Status.RESOLVED and now_ns >= reopens_ns:
            self._reopen(now, now_ns, "re-opened")
        else:
            self._put(now, written=False)

    def adopt(self, incidents: Iterable[Incident]) -> int:
        """Take up open incidents that were forgotten; return how many there were."""
        unknown = [incident for incident in incidents if incident.id not in self._incidents]
        for incident in unknown:
            self._put(incident, written=True)
            self._written_ns[incident.id] = incident.updated_ns
        return len(unknown)

    def resolve(self, id: int, now_ns: int, *, by: str) -> None:
        """End an incident because a person resolved it."""
        incident = self._incidents.get(id)
        if incident is not None and incident.status is Status.OPEN:
            self._end(incident, now_ns, f"resolved by {by}")

    def reopen(self, id: int, now_ns: int, *, by: str) -> None:
        """Open an incident again because a person reopened it."""
        incident = self._incidents.get(id)
        if incident is not None and incident.status is Status.RESOLVED:
            self._reopen(incident, now_ns, f"re-opened by {by}")

    def pass_time(self, now_ns: int) -> None:
        """End the incidents that are quiet or over, and drop those that are long over."""
        for incident in list(self._incidents.values()):
            quiet = now_ns - incident.signalled_ns
            # Not if a person has opened it again after its end.
            is_open = incident.status is Status.OPEN
            if is_open and incident.reopened_ns < incident.ends_ns <= now_ns:
                self._end(incident, incident.ends_ns, PERIOD_OVER)
            elif is_open and quiet >= QUIET_NS:
                self._end(incident, now_ns, "quiet for 10 minutes")
            elif incident.status is Status.RESOLVED and quiet >= FORGET_NS:
                self._drop(incident.id)
        self._make_room(now_ns)

    def due(self, now_ns: int) -> list[Incident]:
        """Return what to write now: an opening or an end at once, other changes now and then."""
        changed = {
            id
            for id in self._changed
            if self._incidents[id].status is Status.RESOLVED
            or id not in self._written_ns
            or now_ns - self._written_ns[id] >= _write_every(self._incidents[id], now_ns)
        }
        follow = {id for id, at_ns in self._follow_ns.items() if now_ns >= at_ns}
        return [self._incidents[id] for id in sorted(changed | (follow - self._changed))]

    def take_due(self, harms: Mapping[int, Harm], now_ns: int) -> list[Incident]:
        """Return the incidents to write now, updated with the harm of their runs."""
        done, self._gone = self._gone, []
        for incident in self.due(now_ns):
            self._follow_ns.pop(incident.id, None)
            harm = harms.get(incident.run, incident.harm)
            is_change = incident.id in self._changed
            if is_change:
                self._follow_ns[incident.id] = now_ns + FOLLOW_NS
            elif harm == incident.harm:
                continue
            now = replace(self._weighed(incident, harm), updated_ns=now_ns)
            self._put(now, written=True)
            self._written_ns[incident.id] = now_ns
            # The history shows a change once, although its harm becomes known later.
            done.append(now if is_change else replace(now, change=""))
        return done

    def finish(self, harms: Mapping[int, Harm]) -> None:
        """Update all incidents with the harm that is known at the end of a recording."""
        for incident in list(self._incidents.values()):
            last = self._weighed(incident, harms.get(incident.run, incident.harm))
            self._put(replace(last, updated_ns=incident.signalled_ns), written=True)

    def state(self) -> State:
        return {
            "incidents": json.dumps([asdict(incident) for incident in self._incidents.values()]),
            "changed": sorted(self._changed),
            "written": self._written_ns.copy(),
            "follow": self._follow_ns.copy(),
        }

    def restore(self, state: State) -> None:
        saved = cast(dict[str, Any], state)
        self._incidents = {}
        for values in json.loads(saved["incidents"]):
            incident = _restored(values)
            self._incidents[incident.id] = incident
        self._changed = set(saved["changed"])
        self._written_ns, self._follow_ns = saved["written"].copy(), saved["follow"].copy()

    def _peace(self, incident: Incident) -> int:
        return PEACE_NS if incident.change.startswith("resolved by") else 0

    def _weighed(self, incident: Incident, harm: Harm) -> Incident:
        level = max(severity(harm, self._limits), incident.severity, key=[*Level].index)
        why = reason(harm, self._limits)
        if not why.startswith(level):
            # The detector says why, or it was so before.
            why = str(incident.evidence.get("level_why", ""))
        if not why.startswith(level):
            why = f"{level}, because a detector or fleet.yaml declares it so, or it was so before"
        return replace(incident, harm=harm, severity=level, severity_why=why)

    def _reopen(self, incident: Incident, now_ns: int, change: str) -> None:
        again = replace(
            incident,
            status=Status.OPEN,
            reopened_ns=now_ns,
            signalled_ns=now_ns,
            opened=incident.opened + 1,
            change=change,
        )
        self._written_ns.pop(incident.id, None)
        self._put(again, written=False)

    def _end(self, incident: Incident, now_ns: int, change: str) -> None:
        over = replace(incident, status=Status.RESOLVED, resolved_ns=now_ns, change=change)
        self._put(over, written=False)

    def _next_period(self, before: Incident, signal: Signal, now_ns: int) -> None:
        """Open the incident of a later period. It has the same id and starts anew."""
        if before.status is Status.OPEN:
            self._end(before, before.ends_ns, PERIOD_OVER)
        if before.id in self._changed:
            # The last row of the old period stands just before the first of the new one.
            self._gone.append(replace(self._incidents[before.id], updated_ns=now_ns - 1))
        self._drop(before.id)
        now = _opened(signal, signal.subject or before.subject, now_ns)
        self._put(replace(now, opened=before.opened + 1), written=False)

    def _put(self, incident: Incident, *, written: bool) -> None:
        # Put back at the end, so that the incidents with the oldest change are dropped first.
        self._incidents.pop(incident.id, None)
        self._incidents[incident.id] = incident
        (self._changed.discard if written else self._changed.add)(incident.id)

    def _make_room(self, now_ns: int) -> None:
        """Drop what is too much: first what is resolved, then what changed longest ago."""
        surplus = len(self._incidents) - self._most
        if surplus <= 0:
            return
        for incident in sorted(self._incidents.values(), key=_is_open)[:surplus]:
            if _is_open(incident):
                # Without a last row it would stay open in the database for ever.
                self._end(incident, now_ns, f"no longer followed: over {self._most:,} incidents")
            if incident.id in self._changed:
                last = self._incidents[incident.id]
                self._gone.append(replace(last, updated_ns=now_ns))
            self._drop(incident.id)

    def _drop(self, id: int) -> None:
        del self._incidents[id]
        self._changed.discard(id)
        self._written_ns.pop(id, None)
        self._follow_ns.pop(id, None)


def _is_open(incident: Incident) -> bool:
    return incident.status is Status.OPEN


def _plainness(kind: str) -> int:
    """Rank a kind by how easy its finding is to believe."""
    return PLAIN.index(kind) if kind in PLAIN else -1


def _write_every(incident: Incident, now_ns: int) -> int:
    return max(WRITE_EVERY_NS, (now_ns - incident.reopened_ns) // 20)


def _opened(signal: Signal, subject: Subject, now_ns: int) -> Incident:
    return Incident(
        family=signal.family,
        run=signal.run,
        subject=subject,
        status=Status.OPEN,
        severity=signal.level if signal.is_declared else Level.WARNING,
        harm=signal.harm or Harm(),
        first_ns=signal.first_ns,
        # The run's clock may be ahead of ours, and a batch has the time at which it was begun.
        opened_ns=max(now_ns, signal.first_ns),
        reopened_ns=now_ns,
        updated_ns=now_ns,
        signalled_ns=now_ns,
        ends_ns=signal.ends_ns,
        detectors=(signal.detector,),
        kinds=(signal.kind,),
        finding=signal.summary,
        source=(signal.detector, signal.kind),
        score=signal.score,
        cycles=signal.cycles,
        evidence=signal.evidence,
        change="opened",
    )


def _grown(incident: Incident, signal: Signal, now_ns: int) -> Incident:
    source = (signal.detector, signal.kind)
    plainer = _plainness(signal.kind) > _plainness(incident.source[1])
    better = source == incident.source or plainer
    worse = max(incident.severity, signal.level, key=[*Level].index)
    return replace(
        incident,
        first_ns=min(incident.first_ns, signal.first_ns),
        signalled_ns=max(incident.signalled_ns, now_ns),
        ends_ns=signal.ends_ns or incident.ends_ns,
        detectors=tuple(dict.fromkeys((*incident.detectors, signal.detector))),
        kinds=tuple(dict.fromkeys((*incident.kinds, signal.kind))),
        finding=signal.summary if better else incident.finding,
        source=source if better else incident.source,
        cycles=signal.cycles if better else incident.cycles,
        evidence=signal.evidence if better else incident.evidence,
        score=max(incident.score, signal.score),
        harm=signal.harm or incident.harm,
        severity=worse if signal.is_declared else incident.severity,
        change="continues" if incident.status is Status.OPEN else incident.change,
    )


def _restored(values: dict[str, Any]) -> Incident:
    lists = ("detectors", "kinds", "source")
    restored: dict[str, Any] = {name: tuple(values[name]) for name in lists}
    restored |= {
        "status": Status(values["status"]),
        "severity": Level(values["severity"]),
        "subject": Subject(**values["subject"]),
        "harm": Harm.of(values["harm"]),
        "cycles": Cycles.of(values["cycles"]),
    }
    return Incident(**{**values, **restored})
