"""Looks up names and harm in the database, for signals and incidents."""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from fleetglass.autonomy.policy import Policy
from fleetglass_detectors.autonomy.deeds import weighed
from fleetglass_detectors.database import Database
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.incident import SECOND_NS, Incident
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.sql import numbers
from fleetglass_detectors.sql import texts as sql_texts
from fleetglass_detectors.subject import Subject

SQL = files("fleetglass_detectors.incidents")
SUBJECTS = Template((SQL / "subjects.sql").read_text())
HARM = Template((SQL / "harm.sql").read_text())
# The query lists them all, and the database limits the size of a query.
AT_ONCE = 500


def subjects(database: Database, signals: Sequence[Signal]) -> dict[int, Subject]:
    """Return the subject of each signal, by run."""
    by_run = {signal.run: signal.subject for signal in signals if signal.subject}
    unknown = [signal for signal in signals if not signal.subject]
    for start in range(0, len(unknown), AT_ONCE):
        some = unknown[start : start + AT_ONCE]
        sql = SUBJECTS.substitute(
            spans=numbers(signal.last for signal in some),
            segments=numbers(signal.segment for signal in some),
            runs=numbers(signal.run for signal in some),
        )
        for row in _rows(database, sql):
            run = int(row.pop("run"))
            by_run[run] = Subject(**row)
    return by_run


def harms(
    database: Database, incidents: Sequence[Incident], policy: Policy | None = None
) -> dict[int, Harm]:
    """Return what each incident's run did and spent since the problem began, by run."""
    by_run: dict[int, Harm] = {}
    traced = [incident for incident in incidents if incident.subject.trace_id]
    for start in range(0, len(traced), AT_ONCE):
        some = traced[start : start + AT_ONCE]
        firsts = {incident.run: incident.first_ns for incident in some}
        sql = HARM.substitute(
            runs=numbers(firsts),
            firsts=", ".join(f"toInt64({first})" for first in firsts.values()),
            spans=numbers(key for i in some for key in (*i.cycles.first, *i.cycles.last)),
            traces=sql_texts(incident.subject.trace_id for incident in some),
        )
        for row in _rows(database, sql):
            if (run := int(row["run"])) in firsts:
                by_run[run] = _harm(row, firsts[run], policy or Policy())
    return by_run


def _harm(row: Mapping[str, Any], first_ns: int, policy: Policy) -> Harm:
    done = {_pair(name): int(count) for name, count in row["done"].items()}
    actions, harmful = weighed(done, policy)
    return Harm(
        spans=int(row["spans"]),
        tokens=int(row["tokens"]),
        cost=float(row["cost"] or 0),
        unpriced=int(row["unpriced"]),
        actions=actions,
        harmful=harmful,
        seconds=max(0, int(row["last_ns"]) - first_ns) / SECOND_NS,
        agents=tuple(sorted(row["agents"])),
        first_step=int(row["first_step"]),
        last_step=int(row["last_step"]),
        span_names=tuple((int(key), str(id), str(name)) for key, id, name in row["span_names"]),
        failed=int(row["failed"]),
        error=str(row["error"]),
        last_new_ns=int(row["new_ns"]),
    )


def _pair(name: str) -> tuple[str, str]:
    tool, _, action = name.partition("\n")
    return tool, action


def _rows(database: Database, sql: str) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in database.query(sql).splitlines())
