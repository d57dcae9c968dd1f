"""OTLP/HTTP: POST /v1/traces, to the letter of the specification."""

import asyncio
import logging
from collections.abc import Callable

from fleetglass_collector.access.door import is_local
from fleetglass_collector.access.keys import Scope as KeyScope
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.reply import status, success
from fleetglass_collector.receive.intake import Intake
from fleetglass_collector.receive.rsgi import Exchange, Headers, Scope
from fleetglass_server.api.incidents import LARGEST_BODY, Incidents
from fleetglass_server.api.incidents import PATH as INCIDENTS

log = logging.getLogger(__name__)

PROTOBUF, JSON = "application/x-protobuf", "application/json"
KEY_HEADER = "x-fleetglass-key"


class HttpReceiver:
    def __init__(
        self,
        intake: Intake,
        metrics: Callable[[], bytes],
        directives: Callable[[str], bytes | None],
        incidents: Incidents,
    ) -> None:
        self._intake = intake
        self._metrics = metrics
        self._directives = directives
        self._incidents = incidents

    async def __call__(self, scope: Scope, exchange: Exchange) -> None:
        json = _media_type(scope.headers) == JSON or scope.path.startswith(INCIDENTS)
        try:
            code, kind, body = await self._answer(scope, exchange, json=json)
            exchange.response_bytes(code, [("content-type", kind)], body)
        except Refusal as refusal:
            self._refuse(exchange, refusal, json=json)
        except Exception:
            # The one place that must never fail: a request must not take the others down.
            log.exception("a request failed")
            self._refuse(exchange, Refusal(Reason.INTERNAL, "internal error"), json=json)

    async def _answer(
        self, scope: Scope, exchange: Exchange, *, json: bool
    ) -> tuple[int, str, bytes]:
        if scope.path == "/healthz":
            return 200, "text/plain", b"ok\n"
        if scope.path == INCIDENTS or scope.path.startswith(f"{INCIDENTS}/"):
            return 200, JSON, await self._of_incidents(scope, exchange)
        if scope.path not in ("/v1/traces", "/v1/directives", "/metrics"):
            raise Refusal(Reason.NOT_FOUND, f"nothing at {scope.path!r}; traces go to /v1/traces")
        if scope.path == "/metrics":
            self._tenant(scope, KeyScope.READ)
            return 200, "text/plain; version=0.0.4", self._metrics()
        tenant = self._tenant(scope, KeyScope.INGEST)
        if scope.path == "/v1/directives":
            return 200, JSON, self._told(tenant)
        if scope.method != "POST":
            raise Refusal(Reason.METHOD, "traces are sent with POST")
        if _media_type(scope.headers) not in (PROTOBUF, JSON):
            raise Refusal(Reason.MEDIA_TYPE, f"content-type must be {PROTOBUF} or {JSON}")
        return 200, JSON if json else PROTOBUF, await self._traces(scope, exchange, tenant)

    async def _of_incidents(self, scope: Scope, exchange: Exchange) -> bytes:
        if scope.method in ("GET", "HEAD"):
            tenant = self._tenant(scope, KeyScope.READ)
            return await asyncio.to_thread(
                self._incidents.asked, tenant, scope.path, scope.query_string
            )
        if scope.method != "POST":
            raise Refusal(Reason.METHOD, "incidents are read with GET and changed with POST")
        tenant = self._tenant(scope, KeyScope.ADMIN)
        if _media_type(scope.headers) != JSON:
            # A web page cannot send this to another site without being allowed to.
            raise Refusal(Reason.MEDIA_TYPE, f"content-type must be {JSON}")
        body = await self._body(exchange, LARGEST_BODY, lambda _: None)
        return await asyncio.to_thread(self._incidents.told, tenant, scope.path, body)

    def _told(self, tenant: str) -> bytes:
        """What agents of a tenant are told; looked up by others, so that this never waits."""
        told = self._directives(tenant)
        if told is None:
            raise Refusal(Reason.UNAVAILABLE, "directives are not known yet", retry_after_s=1)
        return told

    async def _traces(self, scope: Scope, exchange: Exchange, tenant: str) -> bytes:
        json = _media_type(scope.headers) == JSON
        limit = self._intake.limits.max_request_bytes
        announced = _content_length(scope.headers)
        if announced is not None and announced > limit:
            raise Refusal(Reason.TOO_LARGE, f"a request may have at most {limit} bytes")
        with self._intake.holding() as more:
            body = await self._body(exchange, limit, more)
            # granian hands out what came before a client went away as if it were all.
            if announced not in (None, len(body)):
                raise Refusal(Reason.MALFORMED, "the body is shorter than its content-length")
            checked = await self._intake.take(
                body,
                tenant=tenant,
                protocol="http",
                encoding=(scope.headers.get("content-encoding") or "").strip().lower(),
                json=json,
            )
        return success(checked.rejected, checked.message, json=json)

    async def _body(self, exchange: Exchange, limit: int, more: Callable[[int], None]) -> bytes:
        """Read the body within the size and the time allowed, counting what has really come."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._intake.limits.body_timeout_s):
                async for chunk in exchange:
                    more(len(chunk))
                    body += chunk
                    if len(body) > limit:
                        raise Refusal(Reason.TOO_LARGE, f"a request may have at most {limit} bytes")
        except TimeoutError as error:
            raise Refusal(Reason.TIMEOUT, "the body took too long to arrive") from error
        return bytes(body)

    def _tenant(self, scope: Scope, wanted: KeyScope) -> str:
        headers = scope.headers
        # A proxy on this machine speaks for clients elsewhere.
        proxied = headers.get("forwarded") or headers.get("x-forwarded-for")
        return self._intake.tenant(
            local=is_local(scope.client) and not proxied,
            authorization=headers.get("authorization"),
            key=headers.get(KEY_HEADER),
            scope=wanted,
        )

    def _refuse(self, exchange: Exchange, refusal: Refusal, *, json: bool) -> None:
        self._intake.refused.add(protocol="http", reason=refusal.reason.name.lower())
        headers = [("content-type", JSON if json else PROTOBUF)]
        if refusal.retry_after_s is not None:
            headers.append(("retry-after", str(refusal.retry_after_s)))
        if refusal.reason is Reason.UNAUTHENTICATED:
            headers.append(("www-authenticate", "Bearer"))
        body = status(refusal.reason.grpc, refusal.message, json=json)
        exchange.response_bytes(refusal.reason.http, headers, body)


def _media_type(headers: Headers) -> str:
    return (headers.get("content-type") or "").partition(";")[0].strip().lower()


def _content_length(headers: Headers) -> int | None:
    value = headers.get("content-length")
    return int(value) if value and value.isdecimal() else None
