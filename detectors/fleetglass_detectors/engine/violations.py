"""What the audit log says of a violation."""

from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.autonomy.signals import FAMILY
from fleetglass_detectors.incidents.incident import identity
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.subject import Subject

__all__ = ["FAMILY", "event"]

# The rest of the evidence quotes amounts, recipients and other arguments.
EVIDENCE = ("rule", "action", "class", "span", "policy")


def event(signal: Signal, subject: Subject) -> Event:
    evidence = {name: signal.evidence[name] for name in EVIDENCE if name in signal.evidence}
    return Event(
        kind="violation",
        by=subject.agent,
        tenant=subject.tenant,
        about=f"{signal.id:016x}",
        body={
            **evidence,
            "kind": signal.kind,
            "level": signal.level,
            "trace_id": subject.trace_id,
            "run_id": subject.run_id,
            "incident": f"{identity(signal.family, signal.run):016x}",
        },
    )
