"""Incidents over HTTP/JSON, beside the receiver.

GET  /v1/incidents[?state=open&all=1&limit=100]
GET  /v1/incidents/ID
POST /v1/incidents/ID/ack|silence|resolve|reopen   {"by": ..., "why": ..., "seconds": ...}
"""

import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs

from fleetglass_collector.errors import ConfigError, Reason, Refusal, StoreError
from fleetglass_collector.store.client import Store
from fleetglass_server.incidents.incidents import (
    ACTIONS,
    STATES,
    Action,
    act,
    cycles,
    find_incident,
    history,
    list_incidents,
)

PATH = "/v1/incidents"
LARGEST_BODY = 16 << 10
LONGEST_S = 366 * 86_400
MOST = 10_000


class Incidents:
    """Answers questions of one tenant, each with a connection of its own: they are few."""

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._connect = connect

    def asked(self, tenant: str, path: str, query: str) -> bytes:
        store = self._connect()
        try:
            if not (id := _parts(path)[0]):
                return json.dumps({"incidents": _listed(store, tenant, query)}).encode()
            incident = find_incident(store, id, tenant=tenant)
            whole = {"history": history(store, incident), "cycles": cycles(store, incident)}
            return json.dumps(incident | whole).encode()
        except ConfigError as error:
            raise Refusal(Reason.NOT_FOUND, str(error)) from error
        except StoreError as error:
            raise _away() from error
        finally:
            store.close()

    def told(self, tenant: str, path: str, body: bytes) -> bytes:
        id, action = _parts(path)
        if action not in ACTIONS:
            raise Refusal(Reason.NOT_FOUND, f"POST to {PATH}/ID/ and one of {', '.join(ACTIONS)}")
        what = _act(action, body)
        store = self._connect()
        try:
            incident = find_incident(store, id, tenant=tenant)
            act(store, incident, what)
            return json.dumps({"id": incident["id"], "action": action}).encode()
        except ConfigError as error:
            raise Refusal(Reason.NOT_FOUND, str(error)) from error
        except StoreError as error:
            raise _away() from error
        finally:
            store.close()


def _parts(path: str) -> tuple[str, str]:
    id, _, action = path.removeprefix(PATH).strip("/").partition("/")
    return id, action


def _listed(store: Store, tenant: str, query: str) -> list[dict[str, Any]]:
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    state, limit = given.get("state", ""), given.get("limit", "100")
    if state and state not in STATES:
        raise Refusal(Reason.MALFORMED, f"'state' is one of {', '.join(STATES)}, not {state!r}")
    if not limit.isdecimal() or not 0 < int(limit) <= MOST:
        raise Refusal(Reason.MALFORMED, f"'limit' is a number from 1 to {MOST}, not {limit!r}")
    return list_incidents(
        store, tenant=tenant, state=state, resolved="all" in given, limit=int(limit)
    )


def _act(action: str, body: bytes) -> Action:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal(Reason.MALFORMED, f"the body is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise Refusal(Reason.MALFORMED, "the body must be an object")
    asked = cast("dict[str, Any]", given)
    by, why, seconds = asked.get("by"), asked.get("why", ""), asked.get("seconds", 0)
    if not isinstance(by, str) or not by or not isinstance(why, str):
        raise Refusal(Reason.MALFORMED, 'the body must say by whom: {"by": "..."}')
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if action == "silence" and not (number and 0 < seconds <= LONGEST_S):
        raise Refusal(Reason.MALFORMED, f"'seconds' must be a number up to {LONGEST_S}")
    return Action(name=action, by=by, why=why, seconds=float(seconds) if number else 0.0)


def _away() -> Refusal:
    # What the database said may quote what it was asked.
    return Refusal(Reason.UNAVAILABLE, "the database does not answer", retry_after_s=5)
