"""OTLP/HTTP, to the letter of the specification, and what agents and Prometheus ask beside it."""

from collections.abc import Callable

from fleetglass_collector.access.keys import Scope
from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.reply import success
from fleetglass_collector.receive.intake import Intake
from fleetglass_collector.receive.routes import (
    JSON,
    PROTOBUF,
    Request,
    Response,
    Route,
    healthy,
)

EXPOSITION = "text/plain; version=0.0.4"


def routes(
    intake: Intake, metrics: Callable[[], bytes], directives: Callable[[str], bytes | None]
) -> tuple[Route, ...]:
    """List what the receiver answers. `directives` returns None while they are unknown."""

    async def traces(request: Request) -> Response:
        return await _traces(intake, request)

    async def exposition(_: Request) -> Response:
        return Response(kind=EXPOSITION, body=metrics())

    async def standing(request: Request) -> Response:
        # Another thread looks the directives up, so this never waits.
        if (body := directives(request.tenant)) is None:
            message = "directives are not known yet"
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
        Route(method="GET", path="/v1/directives", answer=standing, scope=Scope.INGEST),
        Route(method="GET", path="/metrics", answer=exposition, scope=Scope.READ),
        Route(method="GET", path="/healthz", answer=healthy),
    )


async def _traces(intake: Intake, request: Request) -> Response:
    limits, json = intake.limits, request.is_json
    with intake.holding() as more:
        body = await request.body(
            limits.max_request_bytes, timeout_s=limits.body_timeout_s, more=more
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
