"""Incidents, for people: what there is, one of them whole, and what is to be done about it.

The detectors write what they see into one table, people what they say into another; both are only
added to, so what happened, when and by whom stays known.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fleetglass_collector.errors import ConfigError
from fleetglass_collector.store.client import Store

ACTIONS = ("ack", "silence", "resolve", "reopen")
STATES = ("open", "acknowledged", "silenced", "resolved")
LONGEST_ID = 16

ANY_STATE = ""
SQL = files("fleetglass_server.incidents")
INCIDENTS = (SQL / "incidents.sql").read_text()
HISTORY = (SQL / "incident_history.sql").read_text()
WORDS = (SQL / "incident_words.sql").read_text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody does about an incident."""

    action: str
    by: str
    why: str = ""
    seconds: float = 0.0
    """How long it is to be silent."""


def listed(
    store: Store,
    *,
    tenant: str = "",
    state: str = ANY_STATE,
    resolved: bool = False,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Those that are not resolved, worst first; all of them, or those of one state, if asked."""
    over = resolved or state == "resolved"
    given = {"tenant": tenant, "id": "", "state": state, "resolved": int(over), "limit": limit}
    return [_incident(row) for row in _rows(store, INCIDENTS, given)]


def found(store: Store, id: str, *, tenant: str = "") -> dict[str, Any]:
    """The one whose id begins so.

    Raises:
        ConfigError: There is none, or more than one.
    """
    wanted = id.lower()
    if not wanted or len(wanted) > LONGEST_ID or set(wanted) - set("0123456789abcdef"):
        raise ConfigError(f"{id!r} is no incident's id; 'fleetglass incidents' lists them")
    given = {"tenant": tenant, "id": wanted, "state": ANY_STATE, "resolved": 1, "limit": 2}
    rows = [*_rows(store, INCIDENTS, given)]
    if len(rows) != 1:
        many = "more than one incident's id begins" if rows else "no incident's id begins"
        raise ConfigError(f"{many} with {id!r}; 'fleetglass incidents list --all' lists them")
    return _incident(rows[0])


def history(store: Store, incident: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What changed, when, by whom and why."""
    given = {"tenant": incident["tenant"], "id": int(incident["id"], 16)}
    return [*_rows(store, HISTORY, given)]


def cycles(store: Store, incident: Mapping[str, Any]) -> list[tuple[dict[str, str], ...]]:
    """The steps of the first and the last cycle, side by side; words as long as they are kept."""
    sides = [incident["evidence"].get(f"{which}_cycle", []) for which in ("first", "last")]
    ids = [str(span).partition(" ")[0] for side in sides for span in side]
    given = {"run": incident["run"], "spans": ids}
    texts = {row["span_id"]: row for row in _rows(store, WORDS, given)} if ids else {}
    return [tuple(_step(span, texts) for span in pair) for pair in zip(*sides, strict=False)]


def act(store: Store, incident: Mapping[str, Any], what: Act) -> None:
    until = int(time.time_ns() / 1e9 + what.seconds) if what.action == "silence" else 0
    row = {
        "tenant": incident["tenant"],
        "incident": int(incident["id"], 16),
        "action": what.action,
        "by": what.by,
        "why": what.why,
        "until": until,
    }
    store.insert("incident_actions", json.dumps(row).encode())


def _step(span: str, texts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    id, _, name = str(span).partition(" ")
    words = texts.get(id, {})
    return {
        "span": id,
        "name": name,
        "asked": str(words.get("asked", "")),
        "answered": str(words.get("answered", "")),
    }


def _incident(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"evidence": json.loads(row["evidence"])}


def _rows(store: Store, sql: str, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in store.query(sql, parameters=given).splitlines())
