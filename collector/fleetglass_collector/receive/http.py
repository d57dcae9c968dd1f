"""The routes of the collector: OTLP/HTTP as specified, directives, metrics and health."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry

from fleetglass_collector.access.keys import Scope
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.metrics import exposition
from fleetglass_collector.otlp.reply import success
from fleetglass_collector.receive.intake import Intake
from fleetglass_collector.receive.routes import (
    JSON,
    PROTOBUF,
    Answer,
    Request,
    Response,
    Route,
    healthy,
)

EXPOSITION = "text/plain; version=0.0.4"


def routes(
    intake: Intake,
    registry: CollectorRegistry,
    directives: Callable[[str], bytes | None],
    permissions: tuple[Route, ...] = (),
) -> tuple[Route, ...]:
    """Return the routes. `directives` returns None while the directives are not known."""

    async def traces(request: Request) -> Response:
        return await _traces(intake, request)

    async def in_force(request: Request) -> Response:
        # Another thread reads the directives from the database, so this never waits.
        if (body := directives(request.tenant)) is None:
            message = "the directives are not known yet"
            raise Refusal(Reason.UNAVAILABLE, message, retry_after_s=1)
        return Response(kind=JSON, body=body)

    return (
        Route(
            method="POST",
            path="/v1/traces",
            answer=traces,
            scope=Scope.INGEST,
            media=(PROTOBUF, JSON),
        ),
        Route(method="GET", path="/v1/directives", answer=in_force, scope=Scope.INGEST),
        *permissions,
        Route(method="GET", path="/metrics", answer=metrics(registry), scope=Scope.READ),
        Route(method="GET", path="/healthz", answer=healthy),
    )


def metrics(registry: CollectorRegistry) -> Answer:
    """Answer Prometheus."""

    async def answer(_: Request) -> Response:
        return Response(kind=EXPOSITION, body=exposition(registry))

    return answer


async def _traces(intake: Intake, request: Request) -> Response:
    limits, json = intake.limits, request.is_json
    with intake.memory() as reserve:
        body = await request.body(
            limits.max_request_bytes, timeout_s=limits.body_timeout_s, reserve=reserve
        )
        checked = await intake.take(
            body,
            tenant=request.tenant,
            protocol="http",
            encoding=(request.headers.get("content-encoding") or "").strip().lower(),
            json=json,
        )
    return Response(
        kind=JSON if json else PROTOBUF,
        body=success(checked.rejected, checked.message, json=json),
    )
