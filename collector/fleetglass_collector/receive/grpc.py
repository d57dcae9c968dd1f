"""OTLP/gRPC: TraceService/Export. The bytes of a request are passed on undecoded."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from fleetglass_collector.access.door import Caller, Door
from fleetglass_collector.access.keys import Scope
from fleetglass_collector.errors import ConfigError, Reason, Refusal
from fleetglass_collector.otlp.reply import success
from fleetglass_collector.receive.intake import Intake
from fleetglass_collector.receive.listener import refuse_used_address

# The type stubs do not give the types of handlers, and strict checking refuses that.
aio: Any = grpc.aio
untyped: Any = grpc

log = logging.getLogger(__name__)

SERVICE, METHOD = "opentelemetry.proto.collector.trace.v1.TraceService", "Export"
MAX_CONCURRENT = 512
STOP_TIMEOUT_S = 2.0

Context = grpc.aio.ServicerContext[bytes, bytes]


class GrpcReceiver:
    def __init__(self, intake: Intake, door: Door) -> None:
        self._intake = intake
        self._door = door

    async def export(self, body: bytes, context: Context) -> bytes:
        try:
            with self._intake.memory(len(body)):
                tenant = self._tenant(context)
                checked = await self._intake.take(body, tenant=tenant, protocol="grpc")
            return success(checked.rejected, checked.message, json=False)
        except Refusal as refusal:
            return await self._refuse(context, refusal)
        except Exception:
            # A failure in one request must not affect the others.
            log.exception("a request failed")
            return await self._refuse(context, Refusal(Reason.INTERNAL, "internal error"))

    def _tenant(self, context: Context) -> str:
        sent: Any = context.invocation_metadata() or ()
        metadata: dict[str, str | bytes] = dict(sent)
        _, _, address = context.peer().partition(":")
        caller = Caller.of(address, lambda name: _text(metadata.get(name)))
        return self._door.tenant(caller, Scope.INGEST)

    async def _refuse(self, context: Context, refusal: Refusal) -> bytes:
        self._intake.refused.labels("grpc", refusal.reason.name.lower()).inc()
        rich = Status(code=refusal.reason.grpc, message=refusal.message)
        if refusal.retry_after_s is not None:
            delay = Duration(seconds=refusal.retry_after_s)
            rich.details.add().Pack(RetryInfo(retry_delay=delay))
        context.set_trailing_metadata((("grpc-status-details-bin", rich.SerializeToString()),))
        context.set_code(_CODES[refusal.reason.grpc])
        context.set_details(refusal.message)
        return b""


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def _text(value: str | bytes | None) -> str | None:
    return value.decode("latin-1") if isinstance(value, bytes) else value


@asynccontextmanager
async def serving_grpc(receiver: GrpcReceiver, listen: str, intake: Intake) -> AsyncGenerator[None]:
    """Serve while the context is open.

    Raises:
        ConfigError: It cannot listen on the address.
    """
    refuse_used_address(listen)
    server: Any = aio.server(
        options=[
            ("grpc.max_receive_message_length", intake.limits.max_request_bytes),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=MAX_CONCURRENT,
    )
    # Without serializers, the handler gets the bytes as they came.
    handler = untyped.unary_unary_rpc_method_handler(receiver.export)
    handlers = untyped.method_handlers_generic_handler(SERVICE, {METHOD: handler})
    server.add_generic_rpc_handlers((handlers,))
    if not _add_port(server, listen, intake):
        raise ConfigError(f"cannot listen on {listen} for gRPC")
    await server.start()
    try:
        yield
    finally:
        await server.stop(STOP_TIMEOUT_S)


def _add_port(server: Any, listen: str, intake: Intake) -> int:
    limits = intake.limits
    if not (limits.tls_certificate and limits.tls_key):
        return int(server.add_insecure_port(listen))
    pair = (Path(limits.tls_key).read_bytes(), Path(limits.tls_certificate).read_bytes())
    return int(server.add_secure_port(listen, grpc.ssl_server_credentials([pair])))
