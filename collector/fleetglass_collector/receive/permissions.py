"""The routes for agents that check what they are about to do, and ask people.

GET  /v1/policy              what agents may do, signed with the key of the request
POST /v1/approvals           ask: {"agent": ..., "tool": ..., "fingerprint": ..., ...}
GET  /v1/approvals/{id}      pending, granted, denied or expired, signed with the key of the request
"""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, cast

from fleetglass.signatures import signature
from fleetglass_collector.access.door import KEY_HEADER, bearer
from fleetglass_collector.access.keys import Scope
from fleetglass_collector.control.approvals import Asked, approvals, ask
from fleetglass_collector.errors import Reason, Refusal, StoreError
from fleetglass_collector.receive.routes import JSON, Request, Response, Route
from fleetglass_collector.store.client import Store

LARGEST_BODY = 32 << 10
BODY_TIMEOUT_S = 10.0
LONGEST_TEXT = 4_000
LONGEST_WAIT_S, WAIT_S = 7 * 86_400, 900
TEXTS = (
    *("agent", "tool", "fingerprint", "action", "cohort", "run_id", "trace_id", "action_class"),
    *("arguments", "reason", "policy"),
)

Connect = Callable[[], Store]


def permission_routes(connect: Connect, policy: Callable[[str], bytes | None]) -> tuple[Route, ...]:
    """Return the routes. `policy` returns None while it is not known."""

    async def in_force(request: Request) -> Response:
        if (body := policy(_key(request))) is None:
            raise Refusal(Reason.UNAVAILABLE, "the policy is not known yet", retry_after_s=1)
        return Response(kind=JSON, body=body)

    async def asked(request: Request) -> Response:
        body = await request.body(LARGEST_BODY, timeout_s=BODY_TIMEOUT_S)
        wanted = _asked(body, request.tenant)
        # In a thread: the database may be slow, and spans must not wait for it.
        id = await asyncio.to_thread(_with, connect, lambda store: ask(store, wanted))
        return _answer({"id": id})

    async def state(request: Request) -> Response:
        id = _id(request.parts["id"])
        found = await asyncio.to_thread(
            _with, connect, lambda store: approvals(store, tenant=request.tenant, id=id)
        )
        if not found:
            raise Refusal(Reason.NOT_FOUND, f"there is no request {id!r}")
        return _answer(_decided(found[0], _key(request)))

    return (
        Route(method="GET", path="/v1/policy", answer=in_force, scope=Scope.INGEST),
        Route(method="POST", path="/v1/approvals", answer=asked, scope=Scope.INGEST, media=(JSON,)),
        Route(method="GET", path="/v1/approvals/{id}", answer=state, scope=Scope.INGEST),
    )


def _decided(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    told = {name: str(row[name]) for name in ("id", "state", "decided_by", "why", "fingerprint")}
    signed = signature(key, *told.values())
    return told | {"signature": signed}


def _asked(body: bytes, tenant: str) -> Asked:
    try:
        document: Any = json.loads(body)
    except ValueError as error:
        raise Refusal(Reason.MALFORMED, f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Refusal(Reason.MALFORMED, "the body must be a JSON object")
    fields = cast("dict[str, Any]", document)
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


def _with(connect: Connect, work: Callable[[Store], Any]) -> Any:
    store = connect()
    try:
        return work(store)
    except StoreError as error:
        # The database's message may quote the SQL, so it is not repeated.
        raise Refusal(
            Reason.UNAVAILABLE, "the database does not answer", retry_after_s=5
        ) from error
    finally:
        store.close()


def _answer(document: Mapping[str, Any]) -> Response:
    return Response(kind=JSON, body=json.dumps(document).encode())
