"""What the database knows of those that signals and incidents are about."""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from fleetglass_detectors.database import Database
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.incident import SECOND_NS, Incident
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.subject import Subject

SQL = files("fleetglass_detectors.incidents")
SUBJECTS = Template((SQL / "subjects.sql").read_text())
HARM = Template((SQL / "harm.sql").read_text())
# They are named in a query, which the database reads up to a size.
AT_ONCE = 500


def subjects(database: Database, signals: Sequence[Signal]) -> dict[int, Subject]:
    """By run, whose signals these are."""
    found = {signal.run: signal.subject for signal in signals if signal.subject}
    unknown = [signal for signal in signals if not signal.subject]
    for start in range(0, len(unknown), AT_ONCE):
        some = unknown[start : start + AT_ONCE]
        sql = SUBJECTS.substitute(
            spans=_listed(signal.last for signal in some),
            segments=_listed(signal.segment for signal in some),
            runs=_listed(signal.run for signal in some),
        )
        for row in _rows(database, sql):
            run = int(row.pop("run"))
            found[run] = Subject(**row)
    return found


def harms(database: Database, incidents: Sequence[Incident]) -> dict[int, Harm]:
    """By run, what was done and spent since it went wrong."""
    found: dict[int, Harm] = {}
    known = [incident for incident in incidents if incident.subject.trace_id]
    for start in range(0, len(known), AT_ONCE):
        some = known[start : start + AT_ONCE]
        firsts = {incident.run: incident.first_ns for incident in some}
        sql = HARM.substitute(
            runs=_listed(firsts),
            firsts=", ".join(f"toInt64({first})" for first in firsts.values()),
            spans=_listed(key for i in some for key in (*i.first_cycle, *i.last_cycle)),
            traces=", ".join(f"'{_escaped(incident.subject.trace_id)}'" for incident in some),
        )
        for row in _rows(database, sql):
            if (run := int(row["run"])) in firsts:
                found[run] = _harm(row, firsts[run])
    return found


def _harm(row: Mapping[str, Any], first_ns: int) -> Harm:
    return Harm(
        spans=int(row["spans"]),
        tokens=int(row["tokens"]),
        cost=float(row["cost"] or 0),
        unpriced=int(row["unpriced"]),
        actions=int(row["actions"]),
        seconds=max(0, int(row["last_ns"]) - first_ns) / SECOND_NS,
        agents=tuple(sorted(row["agents"])),
        first_step=int(row["first_step"]),
        last_step=int(row["last_step"]),
        named=tuple((int(key), str(id), str(what)) for key, id, what in row["named"]),
        last_new_ns=int(row["new_ns"]),
    )


def _rows(database: Database, sql: str) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in database.query(sql).splitlines())


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers)) or "0"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
