"""All incidents that are open or were lately: what opens, changes, ends and comes back.

Knows no database and no clock: what it is told in the same order makes the same incidents.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, cast

from fleetglass_detectors.detector import State
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.incident import (
    SECOND_NS,
    Incident,
    Stand,
    identity,
)
from fleetglass_detectors.incidents.severity import Limits, severity
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.subject import Subject

# Nothing heard for so long: over. It comes back as the same incident, so too soon does no harm.
QUIET_NS = 600 * SECOND_NS
# Whoever resolves what still goes on wants peace for a while, and not for ever.
PEACE_NS = 600 * SECOND_NS
PLAIN = ("rephrased", "failing", "exact")
FORGET_NS = 86_400 * SECOND_NS
# Prices, and whose a span is, are settled seconds after it came; then harm is looked at again.
FOLLOW_NS = 5 * SECOND_NS
# Each change is a row. What goes on is told now and then, and less often as it gets old.
TELL_EVERY_NS = 15 * SECOND_NS


class Book:
    def __init__(self, limits: Limits | None = None, *, most: int = 50_000) -> None:
        self._limits = limits or Limits()
        self._most = most
        self._incidents: dict[int, Incident] = {}
        self._changed: set[int] = set()
        self._told_ns: dict[int, int] = {}
        self._follow_ns: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._incidents)

    def __iter__(self) -> Iterator[Incident]:
        return iter(self._incidents.values())

    def of(self, signal: Signal) -> Incident | None:
        return self._incidents.get(identity(signal.family, signal.run))

    def hear(self, signal: Signal, subject: Subject | None, now_ns: int) -> None:
        """Take a signal in; whose it is has to be known where it opens an incident."""
        known = self.of(signal)
        if known is None:
            if subject is not None:
                self._put(_opened(signal, subject, now_ns), told=False)
            return
        now = _grown(known, signal, now_ns)
        if known.id not in self._told_ns:
            # Nobody has heard of the last change yet.
            now = replace(now, change=known.change)
        if known.stand is Stand.RESOLVED and now_ns >= known.resolved_ns + self._peace(known):
            self._reopen(now, now_ns, "re-opened")
        else:
            self._put(now, told=False)

    def resolve(self, id: int, now_ns: int, *, by: str) -> None:
        """Somebody says that it is over."""
        incident = self._incidents.get(id)
        if incident is not None and incident.stand is Stand.OPEN:
            self._end(incident, now_ns, f"resolved by {by}")

    def reopen(self, id: int, now_ns: int, *, by: str) -> None:
        """Somebody says that it is not over."""
        incident = self._incidents.get(id)
        if incident is not None and incident.stand is Stand.RESOLVED:
            self._reopen(incident, now_ns, f"re-opened by {by}")

    def pass_time(self, now_ns: int) -> None:
        for incident in list(self._incidents.values()):
            quiet = now_ns - incident.signalled_ns
            if incident.stand is Stand.OPEN and quiet >= QUIET_NS:
                self._end(incident, now_ns, "quiet for 10 minutes")
            elif incident.stand is Stand.RESOLVED and quiet >= FORGET_NS:
                self._drop(incident.id)
        while len(self._incidents) > self._most:
            self._drop(next(iter(self._incidents)))

    def due(self, now_ns: int) -> list[Incident]:
        """What is to be told now: at once what opens or ends, other changes now and then."""
        changed = {
            id
            for id in self._changed
            if self._incidents[id].stand is Stand.RESOLVED
            or id not in self._told_ns
            or now_ns - self._told_ns[id] >= _patience(self._incidents[id], now_ns)
        }
        follow = {id for id, at_ns in self._follow_ns.items() if now_ns >= at_ns}
        return [self._incidents[id] for id in sorted(changed | (follow - self._changed))]

    def told(self, harms: Mapping[int, Harm], now_ns: int) -> list[Incident]:
        """Weigh what is due by the harm of its run, and hand it out to be written."""
        done: list[Incident] = []
        for incident in self.due(now_ns):
            self._follow_ns.pop(incident.id, None)
            harm = harms.get(incident.run, incident.harm)
            if incident.id in self._changed:
                self._follow_ns[incident.id] = now_ns + FOLLOW_NS
            elif harm == incident.harm:
                continue
            now = replace(self._weighed(incident, harm), updated_ns=now_ns)
            self._put(now, told=True)
            self._told_ns[incident.id] = now_ns
            done.append(now)
        return done

    def finish(self, harms: Mapping[int, Harm]) -> None:
        """Weigh all by what is known at the end of a recording."""
        for incident in list(self._incidents.values()):
            last = self._weighed(incident, harms.get(incident.run, incident.harm))
            self._put(replace(last, updated_ns=incident.signalled_ns), told=True)

    def state(self) -> State:
        return {
            "incidents": json.dumps([asdict(incident) for incident in self._incidents.values()]),
            "changed": sorted(self._changed),
            "told": self._told_ns.copy(),
            "follow": self._follow_ns.copy(),
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self._incidents = {}
        for values in json.loads(held["incidents"]):
            incident = _restored(values)
            self._incidents[incident.id] = incident
        self._changed = set(held["changed"])
        self._told_ns, self._follow_ns = held["told"].copy(), held["follow"].copy()

    def _peace(self, incident: Incident) -> int:
        return PEACE_NS if incident.change.startswith("resolved by") else 0

    def _weighed(self, incident: Incident, harm: Harm) -> Incident:
        level = max(severity(harm, self._limits), incident.severity, key=[*Level].index)
        return replace(incident, harm=harm, severity=level)

    def _reopen(self, incident: Incident, now_ns: int, change: str) -> None:
        again = replace(
            incident,
            stand=Stand.OPEN,
            reopened_ns=now_ns,
            signalled_ns=now_ns,
            opened=incident.opened + 1,
            change=change,
        )
        self._told_ns.pop(incident.id, None)
        self._put(again, told=False)

    def _end(self, incident: Incident, now_ns: int, change: str) -> None:
        over = replace(incident, stand=Stand.RESOLVED, resolved_ns=now_ns, change=change)
        self._put(over, told=False)

    def _put(self, incident: Incident, *, told: bool) -> None:
        # Put back at the end: the first to go are those not heard of for longest.
        self._incidents.pop(incident.id, None)
        self._incidents[incident.id] = incident
        (self._changed.discard if told else self._changed.add)(incident.id)

    def _drop(self, id: int) -> None:
        del self._incidents[id]
        self._changed.discard(id)
        self._told_ns.pop(id, None)
        self._follow_ns.pop(id, None)


def _plainness(kind: str) -> int:
    """Of several findings the one that needs the least believing explains."""
    return PLAIN.index(kind) if kind in PLAIN else -1


def _patience(incident: Incident, now_ns: int) -> int:
    return max(TELL_EVERY_NS, (now_ns - incident.reopened_ns) // 20)


def _opened(signal: Signal, subject: Subject, now_ns: int) -> Incident:
    return Incident(
        family=signal.family,
        run=signal.run,
        subject=subject,
        stand=Stand.OPEN,
        severity=signal.level if signal.is_declared else Level.WARNING,
        harm=signal.harm or Harm(),
        first_ns=signal.first_ns,
        opened_ns=now_ns,
        reopened_ns=now_ns,
        updated_ns=now_ns,
        signalled_ns=now_ns,
        detectors=(signal.detector,),
        kinds=(signal.kind,),
        finding=signal.summary,
        told_by=(signal.detector, signal.kind),
        score=signal.score,
        first_cycle=signal.first_cycle,
        last_cycle=signal.last_cycle,
        evidence=signal.evidence,
        change="opened",
    )


def _grown(incident: Incident, signal: Signal, now_ns: int) -> Incident:
    told_by = (signal.detector, signal.kind)
    better = told_by == incident.told_by or _plainness(signal.kind) > _plainness(
        incident.told_by[1]
    )
    worse = max(incident.severity, signal.level, key=[*Level].index)
    return replace(
        incident,
        first_ns=min(incident.first_ns, signal.first_ns),
        signalled_ns=max(incident.signalled_ns, now_ns),
        detectors=tuple(dict.fromkeys((*incident.detectors, signal.detector))),
        kinds=tuple(dict.fromkeys((*incident.kinds, signal.kind))),
        finding=signal.summary if better else incident.finding,
        told_by=told_by if better else incident.told_by,
        first_cycle=signal.first_cycle if better else incident.first_cycle,
        last_cycle=signal.last_cycle if better else incident.last_cycle,
        evidence=signal.evidence if better else incident.evidence,
        score=max(incident.score, signal.score),
        harm=signal.harm or incident.harm,
        severity=worse if signal.is_declared else incident.severity,
        change="goes on" if incident.stand is Stand.OPEN else incident.change,
    )


def _restored(values: dict[str, Any]) -> Incident:
    harm: dict[str, Any] = values["harm"]
    spans: list[list[Any]] = harm["named"]
    harm["agents"], harm["named"] = tuple(harm["agents"]), tuple(map(tuple, spans))
    lists = ("detectors", "kinds", "told_by", "first_cycle", "last_cycle")
    made: dict[str, Any] = {name: tuple(values[name]) for name in lists}
    made |= {
        "stand": Stand(values["stand"]),
        "severity": Level(values["severity"]),
        "subject": Subject(**values["subject"]),
        "harm": Harm(**harm),
    }
    return Incident(**{**values, **made})
