"""The routes for agents that check what they are about to do, and ask people.

GET  /v1/policy              what agents may do, signed with the key of the request
                             (?known=DIGEST: without the text, if it is that one)
POST /v1/approvals           ask: {"agent": ..., "tool": ..., "fingerprint": ..., ...}
GET  /v1/approvals/{id}      pending, granted, denied or expired, signed with the key of the request
"""

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from fleetglass.signatures import signature
from fleetglass_collector.access.door import KEY_HEADER, bearer
from fleetglass_collector.access.keys import Scope
from fleetglass_collector.control.approvals import Asked, approvals, ask
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.receive.documents import (
    BODY_TIMEOUT_S,
    Connect,
    connected,
    fields_of,
    in_a_thread,
)
from fleetglass_collector.receive.routes import JSON, Request, Response, Route

LARGEST_BODY = 32 << 10
LONGEST_TEXT = 4_000
LONGEST_WAIT_S, WAIT_S = 7 * 86_400, 900
TEXTS = (
    *("agent", "tool", "fingerprint", "action", "cohort", "run_id", "trace_id", "action_class"),
    *("arguments", "reason", "policy"),
)


def permission_routes(
    connect: Connect, policy: Callable[[str, str], bytes | None]
) -> tuple[Route, ...]:
    """Return the routes. `policy` returns None while it is not known."""

    async def in_force(request: Request) -> Response:
        known = parse_qs(request.query).get("known", [""])[0]
        if (body := policy(_key(request), known)) is None:
            raise Refusal(Reason.UNAVAILABLE, "the policy is not known yet", retry_after_s=1)
        return Response(kind=JSON, body=body)

    async def asked(request: Request) -> Response:
        body = await request.body(LARGEST_BODY, timeout_s=BODY_TIMEOUT_S)
        # In a thread: the database may be slow, and spans must not wait for it.
        return await in_a_thread(_ask, connect, _asked(fields_of(body), request.tenant))

    async def state(request: Request) -> Response:
        id = _id(request.parts["id"])
        return await in_a_thread(_state, connect, id, request.tenant, _key(request))

    return (
        Route(method="GET", path="/v1/policy", answer=in_force, scope=Scope.INGEST),
        Route(method="POST", path="/v1/approvals", answer=asked, scope=Scope.INGEST, media=(JSON,)),
        Route(method="GET", path="/v1/approvals/{id}", answer=state, scope=Scope.INGEST),
    )


def _ask(connect: Connect, wanted: Asked) -> dict[str, str]:
    with connected(connect) as store:
        return {"id": ask(store, wanted)}


def _state(connect: Connect, id: str, tenant: str, key: str) -> dict[str, str]:
    with connected(connect) as store:
        found = approvals(store, tenant=tenant, id=id)
    if not found:
        raise Refusal(Reason.NOT_FOUND, f"there is no request {id!r}")
    names = ("id", "state", "decided_by", "why", "fingerprint")
    told = {name: str(found[0][name]) for name in names}
    return told | {"signature": signature(key, *told.values())}


def _asked(fields: Mapping[str, Any], tenant: str) -> Asked:
    texts = {name: str(fields.get(name) or "")[:LONGEST_TEXT] for name in TEXTS}
    if not (texts["agent"] and texts["fingerprint"] and (texts["tool"] or texts["action"])):
        raise Refusal(Reason.MALFORMED, "a request names its agent, its tool and a fingerprint")
    lineage, amount, wait_s = (fields.get(name) for name in ("lineage", "amount", "wait_s"))
    is_number = isinstance(wait_s, int | float) and 0 < wait_s <= LONGEST_WAIT_S
    agents: list[Any] = lineage if isinstance(lineage, list) else []  # pyright: ignore[reportUnknownVariableType]
    return Asked(
        tenant=tenant,
        lineage=[str(one)[:200] for one in agents],
        amount=float(amount) if isinstance(amount, int | float) else None,
        ends=int(time.time_ns() / 1e9 + (wait_s if is_number and wait_s else WAIT_S)),
        **texts,
    )


def _id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Refusal(Reason.NOT_FOUND, f"there is no request {text[:80]!r}") from error


def _key(request: Request) -> str:
    return request.headers.get(KEY_HEADER) or bearer(request.headers.get("authorization")) or ""
