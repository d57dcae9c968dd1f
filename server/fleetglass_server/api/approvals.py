"""The API of approvals, for people.

GET  /v1/approvals?state=pending
POST /v1/approvals/{id}/grant   {"by": ..., "why": ...}
POST /v1/approvals/{id}/deny    {"by": ..., "why": ...}
"""

import json
from typing import Any
from urllib.parse import parse_qs

from fleetglass.autonomy import declared
from fleetglass.autonomy.policy import Approval as Terms
from fleetglass.autonomy.policy import Policy, fits
from fleetglass_collector.access.keys import Scope as KeyScope
from fleetglass_collector.control.approvals import approvals, decide
from fleetglass_collector.control.policy import in_force
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.receive.documents import (
    BODY_TIMEOUT_S,
    LARGEST_BODY,
    Connect,
    connected,
    fields_of,
    in_a_thread,
)
from fleetglass_collector.receive.routes import JSON, Request, Response, Route
from fleetglass_collector.store.client import Store
from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.audit.log import Log

PATH = "/v1/approvals"
DECISIONS = {"grant": True, "deny": False}
STATES = ("pending", "granted", "denied", "expired")
LONGEST_TEXT = 1_000
NO_KEY = (
    "a decision needs a key, also where nothing else does: run 'fleetglass approvals' as the owner "
    "of the data folder, or make a key with: fleetglass keys add --tenant NAME --scope admin"
)
Row = dict[str, Any]


def routes(connect: Connect, log: Log) -> tuple[Route, ...]:
    async def listed(request: Request) -> Response:
        state = parse_qs(request.query).get("state", [""])[0]
        if state not in ("", *STATES):
            raise Refusal(Reason.MALFORMED, f"a state is one of {', '.join(STATES)}")
        tenant = "" if request.is_owner else request.tenant
        return await in_a_thread(_listed, connect, tenant, state)

    async def decided(request: Request) -> Response:
        action = request.parts["decision"]
        if action not in DECISIONS:
            raise Refusal(Reason.NOT_FOUND, f"a request is granted or denied, not {action!r}")
        if not request.has_key:
            # An agent on this machine could grant its own request.
            raise Refusal(Reason.UNAUTHENTICATED, NO_KEY)
        fields = fields_of(await request.body(LARGEST_BODY, timeout_s=BODY_TIMEOUT_S))
        tenant = "" if request.is_owner else request.tenant
        return await in_a_thread(
            _decided, connect, log, request.parts["id"], DECISIONS[action], _texts(fields), tenant
        )

    return (
        Route(method="GET", path=PATH, answer=listed, scope=KeyScope.READ),
        Route(
            method="POST",
            path=PATH + "/{id}/{decision}",
            answer=decided,
            scope=KeyScope.ADMIN,
            media=(JSON,),
        ),
    )


def _listed(connect: Connect, tenant: str, state: str) -> list[Row]:
    with connected(connect) as store:
        return approvals(store, tenant=tenant, state=state)


def _decided(
    connect: Connect, log: Log, id: str, granted: bool, texts: dict[str, str], tenant: str
) -> Row:
    with connected(connect) as store:
        request = _found(store, id, tenant)
        if granted:
            _refuse_approver(request, texts["by"], _policy(store))
        log.write(store, [_event(request, granted, texts)])
        decide(store, request, granted=granted, **texts)
        return approvals(store, id=request["id"])[0]


def _event(request: Row, granted: bool, texts: dict[str, str]) -> Event:
    """Return what is logged: what was asked and decided, never the arguments themselves."""
    names = ("agent", "lineage", "tool", "action", "action_class", "fingerprint", "trace_id")
    decision = {"decision": "granted" if granted else "denied", "why": texts["why"]}
    return Event(
        kind="approval",
        by=texts["by"],
        tenant=request["tenant"],
        about=request["id"],
        body={name: request[name] for name in names} | decision,
    )


def _found(store: Store, id: str, tenant: str) -> Row:
    found = approvals(store, tenant=tenant, id=id.lower())
    if len(found) != 1:
        what = "several requests begin" if found else "no request begins"
        raise Refusal(Reason.NOT_FOUND, f"{what} with {id[:80]!r}")
    request = found[0]
    if request["state"] != "pending":
        by = f" by {request['decided_by']}" if request["decided_by"] else ""
        raise Refusal(Reason.MALFORMED, f"the request is {request['state']}{by} already")
    return request


def _refuse_approver(request: Row, by: str, policy: Policy) -> None:
    """Refuse who may not approve: the agent itself, those it acts for, and whom nobody named."""
    if by in (request["agent"], *request["lineage"]):
        raise Refusal(Reason.FORBIDDEN, f"{by!r} is an agent of the request itself")
    terms = terms_of(request, policy)
    if terms.by and not any(fits(by, name) for name in terms.by):
        allowed = " or ".join(terms.by)
        raise Refusal(Reason.FORBIDDEN, f"fleet.yaml lets {allowed} approve this, not {by!r}")


def terms_of(request: Row, policy: Policy) -> Terms:
    """Return who may approve a request: by the policy that is in force now."""
    standing = policy.standing(request["agent"], request["cohort"])
    if standing is None:
        return Terms()
    action_class = policy.class_of(request["tool"], request["action"])
    fitting = standing.permissions(action_class, request["tool"], request["action"])
    return next((one.approval for one in fitting if one.approval), standing.approval)


def _policy(store: Store) -> Policy:
    text = in_force(store).text
    return declared.policy(json.loads(text), "the policy in force") if text else Policy()


def _texts(fields: Row) -> dict[str, str]:
    texts = {name: fields.get(name, "") for name in ("by", "why")}
    for name, value in texts.items():
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise Refusal(Reason.MALFORMED, f"{name!r} must be a text of at most {LONGEST_TEXT}")
    if not texts["by"]:
        raise Refusal(Reason.MALFORMED, 'the body must say who you are: "by": "NAME"')
    return texts
