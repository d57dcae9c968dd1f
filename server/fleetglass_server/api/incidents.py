"""The API of incidents.

GET  /v1/incidents[?state=open&all=1&limit=100]
GET  /v1/incidents/ID
POST /v1/incidents/ID/ack|silence|resolve|reopen   {"by": ..., "why": ..., "seconds": ...}
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from fleetglass_collector.access.keys import Scope
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.receive.documents import (
    BODY_TIMEOUT_S,
    LARGEST_BODY,
    LONGEST_S,
    Connect,
    connected,
    fields_of,
    in_a_thread,
)
from fleetglass_collector.receive.routes import JSON, Request, Response, Route
from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.audit.log import Log
from fleetglass_server.incidents.incidents import (
    ACTIONS,
    STATES,
    Action,
    act,
    cycles,
    find_incident,
    history,
    list_incidents,
    run_now,
)

PATH = "/v1/incidents"
MOST = 10_000


def routes(connect: Connect, log: Log) -> tuple[Route, ...]:
    async def list_all(request: Request) -> Response:
        return await in_a_thread(_list, connect, _tenant(request), request.query)

    async def show(request: Request) -> Response:
        return await in_a_thread(_show, connect, _tenant(request), request.parts["id"])

    async def change(request: Request) -> Response:
        body = await request.body(LARGEST_BODY, timeout_s=BODY_TIMEOUT_S)
        action = _act(request.parts["action"], body)
        id = request.parts["id"]
        return await in_a_thread(_change, connect, log, _tenant(request), id, action)

    return (
        Route(method="GET", path=PATH, answer=list_all, scope=Scope.READ),
        Route(method="GET", path=f"{PATH}/{{id}}", answer=show, scope=Scope.READ),
        Route(
            method="POST",
            path=f"{PATH}/{{id}}/{{action}}",
            answer=change,
            scope=Scope.ADMIN,
            # A web page cannot send JSON to another site without that site's permission.
            media=(JSON,),
        ),
    )


def _tenant(request: Request) -> str:
    """Return whose incidents the caller may see; empty for those of all tenants."""
    return "" if request.is_owner else request.tenant


def _list(connect: Connect, tenant: str, query: str) -> dict[str, Any]:
    options = {name: values[-1] for name, values in parse_qs(query).items()}
    state, limit = options.get("state", ""), options.get("limit", "100")
    if state and state not in STATES:
        raise Refusal(
            Reason.MALFORMED, f"'state' must be one of {', '.join(STATES)}, not {state!r}"
        )
    if not limit.isdecimal() or not 0 < int(limit) <= MOST:
        raise Refusal(Reason.MALFORMED, f"'limit' must be a number from 1 to {MOST}, not {limit!r}")
    with connected(connect) as store:
        rows = list_incidents(
            store, tenant=tenant, state=state, resolved="all" in options, limit=int(limit)
        )
    return {"incidents": rows}


def _show(connect: Connect, tenant: str, id: str) -> dict[str, Any]:
    with connected(connect) as store:
        incident = find_incident(store, id, tenant=tenant)
        return incident | {
            "history": history(store, incident),
            "cycles": cycles(store, incident),
            "now": run_now(store, incident),
        }


def _change(connect: Connect, log: Log, tenant: str, id: str, action: Action) -> dict[str, Any]:
    with connected(connect) as store:
        incident = find_incident(store, id, tenant=tenant)
        log.write(store, [_event(incident, action)])
        act(store, incident, action)
    return {"id": incident["id"], "action": action.name}


def _event(incident: Mapping[str, Any], action: Action) -> Event:
    return Event(
        kind="incident",
        by=action.by,
        tenant=incident["tenant"],
        about=incident["id"],
        body={"action": action.name, "why": action.why, "seconds": action.seconds},
    )


def _act(action: str, body: bytes) -> Action:
    if action not in ACTIONS:
        raise Refusal(
            Reason.NOT_FOUND, f"unknown action {action!r}: it must be one of {', '.join(ACTIONS)}"
        )
    fields = fields_of(body)
    by, why, seconds = fields.get("by"), fields.get("why", ""), fields.get("seconds", 0)
    if not isinstance(by, str) or not by or not isinstance(why, str):
        raise Refusal(Reason.MALFORMED, 'the body must say who you are: {"by": "NAME"}')
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if action == "silence" and not (is_number and 0 < seconds <= LONGEST_S):
        raise Refusal(
            Reason.MALFORMED, f"'seconds' must be a number above 0, and at most {LONGEST_S}"
        )
    return Action(name=action, by=by, why=why, seconds=float(seconds) if is_number else 0.0)
