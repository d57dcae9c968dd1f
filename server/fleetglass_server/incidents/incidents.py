"""Lists and shows incidents, and records what people do about them.

Detectors write to one table and people to another. Rows are only ever added, so the history of what
happened, when and by whom is never lost.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol

from fleetglass_collector.errors import ConfigError
from fleetglass_collector.store.client import Store

ACTIONS = ("ack", "silence", "resolve", "reopen")
STATES = ("open", "acknowledged", "silenced", "resolved")
LONGEST_ID = 16

ANY_STATE = ""
SQL = files("fleetglass_server.incidents")
INCIDENTS = (SQL / "incidents.sql").read_text()
HISTORY = (SQL / "incident_history.sql").read_text()
TEXTS = (SQL / "incident_texts.sql").read_text()
RUN_NOW = (SQL / "run_now.sql").read_text()
RUN_ERRORS = (SQL / "run_errors.sql").read_text()


class Readable(Protocol):
    """A database that can be asked, by its owner or by a reader."""

    def query(self, sql: str, *, parameters: Mapping[str, Any]) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person does about an incident."""

    name: str
    by: str
    why: str = ""
    seconds: float = 0.0
    """How long to silence it; only for the action `silence`."""


def list_incidents(
    database: Readable,
    *,
    tenant: str = "",
    state: str = ANY_STATE,
    resolved: bool = False,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return incidents, worst first. Resolved ones are left out unless asked for."""
    all_states = int(resolved or state == "resolved")
    filters = {"tenant": tenant, "id": "", "state": state, "resolved": all_states, "limit": limit}
    return [_incident(row) for row in _rows(database, INCIDENTS, filters)]


def find_incident(database: Readable, id: str, *, tenant: str = "") -> dict[str, Any]:
    """Return the incident whose id begins with these digits.

    Raises:
        ConfigError: No incident's id begins so, or more than one does.
    """
    prefix = id.lower()
    if not prefix or len(prefix) > LONGEST_ID or set(prefix) - set("0123456789abcdef"):
        raise ConfigError(f"{id!r} is not an incident's id; 'fleetglass incidents' lists the ids")
    filters = {"tenant": tenant, "id": prefix, "state": ANY_STATE, "resolved": 1, "limit": 2}
    rows = [*_rows(database, INCIDENTS, filters)]
    if len(rows) != 1:
        count = "more than one incident's id begins" if rows else "no incident's id begins"
        raise ConfigError(f"{count} with {id!r}; 'fleetglass incidents list --all' lists the ids")
    return _incident(rows[0])


def history(database: Readable, incident: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each change of an incident: what, when, by whom and why."""
    parameters = {"tenant": incident["tenant"], "id": int(incident["id"], 16)}
    return [*_rows(database, HISTORY, parameters)]


def cycles(database: Readable, incident: Mapping[str, Any]) -> list[tuple[dict[str, str], ...]]:
    """Return the steps of the first and the last cycle in pairs.

    A step has its texts for as long as the store keeps payloads.
    """
    sides = [incident["evidence"].get(f"{which}_cycle", []) for which in ("first", "last")]
    ids = [str(span).partition(" ")[0] for side in sides for span in side]
    parameters = {"run": incident["run"], "spans": ids}
    texts = {row["span_id"]: row for row in _rows(database, TEXTS, parameters)} if ids else {}
    return [tuple(_step(span, texts) for span in pair) for pair in zip(*sides, strict=False)]


def run_now(database: Readable, incident: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the incident's run is now, and what failed in it; nothing without a run."""
    if incident["about"] != "run" or not incident["run"]:
        return {}
    parameters = {"run": incident["run"], "agent": incident["agent"]}
    now: dict[str, Any] = next(_rows(database, RUN_NOW, parameters), dict[str, Any]())
    return now | {"errors": [*_rows(database, RUN_ERRORS, {"run": incident["run"]})]}


def act(store: Store, incident: Mapping[str, Any], action: Action) -> None:
    """Record an action. The running detectors apply it within seconds."""
    until = int(time.time_ns() / 1e9 + action.seconds) if action.name == "silence" else 0
    row = {
        "tenant": incident["tenant"],
        "incident": int(incident["id"], 16),
        "action": action.name,
        "by": action.by,
        "why": action.why,
        "until": until,
    }
    store.insert("incident_actions", json.dumps(row).encode())


def _step(span: str, texts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    id, _, name = str(span).partition(" ")
    text = texts.get(id, {})
    return {
        "span": id,
        "name": name,
        "asked": str(text.get("asked", "")),
        "answered": str(text.get("answered", "")),
    }


def _incident(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"evidence": json.loads(row["evidence"])}


def _rows(database: Readable, sql: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in database.query(sql, parameters=parameters).splitlines())
