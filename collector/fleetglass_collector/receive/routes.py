"""A table of HTTP routes, and the application that serves it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import Counter

from fleetglass_collector.access.door import Caller, Door, Guest
from fleetglass_collector.access.keys import Scope as KeyScope
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.reply import status
from fleetglass_collector.receive.rsgi import Exchange, Headers, Scope

log = logging.getLogger(__name__)

PROTOBUF, JSON, TEXT = "application/x-protobuf", "application/json", "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    tenant: str
    is_owner: bool
    """Whether the caller may see and change what belongs to any tenant."""
    has_key: bool
    """Whether the caller came with a key."""
    parts: Mapping[str, str]
    """The values of the named parts of the path, such as `id`."""
    query: str
    headers: Headers
    exchange: Exchange

    @property
    def is_json(self) -> bool:
        return media_type(self.headers) == JSON

    async def body(
        self, limit: int, *, timeout_s: float, reserve: Callable[[int], None] = lambda _: None
    ) -> bytes:
        """Read the body. `reserve` is called with the size of each piece that arrives.

        Raises:
            Refusal: The body is too large, too slow, or shorter than its content-length.
        """
        announced = _content_length(self.headers)
        if announced is not None and announced > limit:
            raise Refusal(Reason.TOO_LARGE, f"the body is larger than {limit} bytes")
        body = bytearray()
        try:
            async with asyncio.timeout(timeout_s):
                async for chunk in self.exchange:
                    reserve(len(chunk))
                    body += chunk
                    if len(body) > limit:
                        raise Refusal(Reason.TOO_LARGE, f"the body is larger than {limit} bytes")
        except TimeoutError as error:
            raise Refusal(Reason.TIMEOUT, "the body took too long to arrive") from error
        # When a client disconnects, granian returns the part that arrived as if it were complete.
        if announced not in (None, len(body)):
            raise Refusal(Reason.MALFORMED, "the body is shorter than its content-length")
        return bytes(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    kind: str
    body: bytes


Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    """For example `/v1/incidents/{id}`."""
    answer: Answer
    scope: KeyScope | None = None
    """The scope that a key must have; None if no key is needed."""
    media: tuple[str, ...] = ()
    """The accepted content types of the body."""


class Application:
    """Serves the routes over granian. Every request passes the same door and the same checks."""

    def __init__(self, routes: Sequence[Route], door: Door, refused: Counter) -> None:
        self._routes = routes
        self._door = door
        self._refused = refused

    async def __call__(self, scope: Scope, exchange: Exchange) -> None:
        try:
            response = await self._answer(scope, exchange)
            exchange.response_bytes(200, [("content-type", response.kind)], response.body)
        except Refusal as refusal:
            self._refuse(scope, exchange, refusal)
        except Exception:
            # A failure in one request must not affect the others.
            log.exception("a request failed")
            self._refuse(scope, exchange, Refusal(Reason.INTERNAL, "internal error"))

    async def _answer(self, scope: Scope, exchange: Exchange) -> Response:
        route, parts = self._route(scope.method, scope.path)
        guest = Guest(tenant="")
        if route.scope is not None:
            guest = self._door.admit(Caller.of(scope.client, scope.headers.get), route.scope)
        if route.media and media_type(scope.headers) not in route.media:
            raise Refusal(Reason.MEDIA_TYPE, f"the content-type must be {' or '.join(route.media)}")
        request = Request(
            tenant=guest.tenant,
            is_owner=guest.is_owner,
            has_key=guest.has_key,
            parts=parts,
            query=scope.query_string,
            headers=scope.headers,
            exchange=exchange,
        )
        return await route.answer(request)

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Find the route of a request.

        Raises:
            Refusal: No route has this path, or none has this path and method.
        """
        matches = [(route, parts) for route in self._routes if (parts := _match(route, path))]
        wanted = "GET" if method == "HEAD" else method
        for route, parts in matches:
            if route.method == wanted:
                return route, parts
        if matches:
            methods = " or ".join(sorted({route.method for route, _ in matches}))
            raise Refusal(Reason.METHOD, f"{path!r} accepts {methods}, not {method}")
        paths = ", ".join(sorted({route.path for route in self._routes}))
        raise Refusal(Reason.NOT_FOUND, f"there is no {path!r}; the paths are {paths}")

    def _refuse(self, scope: Scope, exchange: Exchange, refusal: Refusal) -> None:
        self._refused.labels("http", refusal.reason.name.lower()).inc()
        json = media_type(scope.headers) != PROTOBUF
        headers = [("content-type", JSON if json else PROTOBUF)]
        if refusal.retry_after_s is not None:
            headers.append(("retry-after", str(refusal.retry_after_s)))
        if refusal.reason is Reason.UNAUTHENTICATED:
            headers.append(("www-authenticate", "Bearer"))
        body = status(refusal.reason.grpc, refusal.message, json=json)
        exchange.response_bytes(refusal.reason.http, headers, body)


async def healthy(_: Request) -> Response:
    return Response(kind=TEXT, body=b"ok\n")


def media_type(headers: Headers) -> str:
    return (headers.get("content-type") or "").partition(";")[0].strip().lower()


def _match(route: Route, path: str) -> dict[str, str] | None:
    """Return the named parts of a path and the path itself as `path`; None if it does not match."""
    wanted, actual = route.path.split("/"), path.split("/")
    if len(wanted) != len(actual):
        return None
    parts = {"path": path}
    for pattern, part in zip(wanted, actual, strict=True):
        if pattern.startswith("{") and part:
            parts[pattern.strip("{}")] = part
        elif pattern != part:
            return None
    return parts


def _content_length(headers: Headers) -> int | None:
    value = headers.get("content-length")
    return int(value) if value and value.isdecimal() else None
