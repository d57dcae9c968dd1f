"""The API of directives.

POST /v1/directives   {"action": "halt|throttle|resume", "by": ..., "agent": ..., "version": ...,
                       "cohort": ..., "tenant": ..., "reason": ..., "every_s": ..., "seconds": ...}
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from fleetglass_collector.access.keys import Scope as KeyScope
from fleetglass_collector.control.directives import Directive, Scope, add, in_force
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
from fleetglass_collector.store.client import Store
from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.audit.log import Log

PATH = "/v1/directives"
ACTIONS = ("halt", "throttle", "resume")
LONGEST_TEXT = 1_000
NEAR = (files("fleetglass_server.api") / "near_agents.sql").read_text()


def routes(connect: Connect, log: Log) -> tuple[Route, ...]:
    async def give(request: Request) -> Response:
        body = await request.body(LARGEST_BODY, timeout_s=BODY_TIMEOUT_S)
        return await in_a_thread(_give, connect, log, _directive(fields_of(body), request))

    return (Route(method="POST", path=PATH, answer=give, scope=KeyScope.ADMIN, media=(JSON,)),)


def _give(connect: Connect, log: Log, directive: Directive) -> dict[str, Any]:
    with connected(connect) as store:
        if directive.action == "resume":
            return {"scopes": _resume(store, log, directive)}
        _add(store, log, [directive])
        return {"scopes": [asdict(directive.scope)], **_seen(store, directive.scope)}


def _resume(store: Store, log: Log, resume: Directive) -> list[dict[str, str]]:
    """Lift the directives that the scope covers; return their scopes."""
    scopes = [each.scope for each in in_force(store) if resume.scope.covers(each.scope)]
    _add(
        store,
        log,
        [
            Directive(scope=scope, action="resume", reason=resume.reason, by=resume.by)
            for scope in scopes
        ],
    )
    return [asdict(scope) for scope in scopes]


def _add(store: Store, log: Log, directives: Sequence[Directive]) -> None:
    log.write(store, [_event(directive) for directive in directives])
    add(store, directives)


def _event(directive: Directive) -> Event:
    scope = asdict(directive.scope)
    tenant = scope.pop("tenant")
    action = {
        "action": directive.action,
        "every_s": directive.every_s,
        "reason": directive.reason,
        "until": directive.until,
    }
    return Event(kind="directive", by=directive.by, tenant=tenant, body=scope | action)


def _seen(store: Store, scope: Scope) -> dict[str, Any]:
    """Return whether the agent was ever seen, and which agents have a name like it."""
    if not scope.agent:
        return {"seen": True, "near": []}
    parameters = {"agent": scope.agent, "tenant": scope.tenant}
    lines = store.query(NEAR, parameters=parameters).splitlines()
    rows = [json.loads(line) for line in lines]
    seen = any(row["is_it"] for row in rows)
    return {"seen": seen, "near": [] if seen else [row["agent"] for row in rows]}


def _directive(fields: dict[str, Any], request: Request) -> Directive:
    texts = {name: _text(fields, name) for name in ("agent", "version", "cohort", "reason", "by")}
    action = fields.get("action")
    if action not in ACTIONS:
        raise Refusal(Reason.MALFORMED, f"'action' must be one of {', '.join(ACTIONS)}")
    if not texts["by"]:
        raise Refusal(Reason.MALFORMED, 'the body must say who you are: "by": "NAME"')
    scope = Scope(
        tenant=_tenant(fields, request),
        agent=texts["agent"],
        version=texts["version"],
        cohort=texts["cohort"],
    )
    is_all = not (scope.agent or scope.version or scope.cohort)
    if is_all and fields.get("all") is not True:
        raise Refusal(Reason.MALFORMED, 'name an agent, a version or a cohort, or send "all": true')
    every_s, seconds = _number(fields, "every_s"), _number(fields, "seconds")
    if action == "throttle" and not every_s:
        raise Refusal(Reason.MALFORMED, 'a throttle needs "every_s": seconds between two steps')
    return Directive(
        scope=scope,
        action=action,
        every_s=every_s,
        reason=texts["reason"],
        by=texts["by"],
        until=int(time.time_ns() / 1e9 + seconds) if seconds else 0,
    )


def _tenant(fields: dict[str, Any], request: Request) -> str:
    tenant = _text(fields, "tenant") or request.tenant
    if tenant != request.tenant and not request.is_owner:
        raise Refusal(Reason.UNAUTHENTICATED, f"the key belongs to tenant {request.tenant!r}")
    return tenant


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Refusal(
            Reason.MALFORMED, f"{name!r} must be a text of at most {LONGEST_TEXT} letters"
        )
    return value


def _number(fields: dict[str, Any], name: str) -> float:
    value = fields.get(name, 0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LONGEST_S:
        raise Refusal(Reason.MALFORMED, f"{name!r} must be a number of seconds up to {LONGEST_S}")
    return float(value)
