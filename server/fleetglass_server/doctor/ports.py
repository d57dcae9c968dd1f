"""Checks the ports: each is free, used by a running fleetglass, or used by another program."""

import errno
import http.client
import socket
from collections.abc import Callable, Generator
from typing import cast

import grpc

from fleetglass_collector.access.address import split_address
from fleetglass_collector.config import Config
from fleetglass_collector.store.endpoint import Endpoint
from fleetglass_server.doctor.check import Check

TIMEOUT_S = 5.0
_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def listeners(config: Config) -> Generator[Check]:
    certificate = config.receiver.tls_certificate
    at = Endpoint.of_listener
    http, grpc_, query = config.receiver.http, config.receiver.grpc, config.query.listen
    yield _port(
        "receiver.http", http, lambda: _answers_ok(at(http, certificate=certificate), "/healthz")
    )
    yield _port("receiver.grpc", grpc_, lambda: _answers_otlp(at(grpc_, certificate=certificate)))
    api = config.api.listen
    yield _port(
        "api.listen", api, lambda: _answers_ok(at(api, certificate=certificate), "/healthz")
    )
    if not config.is_remote:
        yield _port(
            "query.listen", query, lambda: _answers_ok(at(query, certificate=certificate), "/ping")
        )


def _port(name: str, listen: str, is_ours: Callable[[], bool]) -> Check:
    error = _bind(*split_address(listen))
    if error is None:
        return Check.ok(name, f"{listen} is free")
    if error.errno == errno.EADDRINUSE:
        if is_ours():
            return Check.ok(name, f"fleetglass listens on {listen}", running=True)
        _, port = split_address(listen)
        return Check.fail(
            name,
            f"another program uses {listen}",
            f"find it: ss -ltnp 'sport = :{port}'. Stop it, or set {name} to another port",
        )
    return Check.fail(
        name,
        f"{listen}: {error.strerror}",
        f"set {name} to an address of this machine and a port that you may use",
    )


def _bind(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None


def _answers_ok(endpoint: Endpoint, path: str) -> bool:
    """Return whether a GET request gets the answer "ok"."""
    try:
        connection = endpoint.connect(timeout_s=TIMEOUT_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().read(16).lower().strip(b".\n") == b"ok"
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


def _answers_otlp(endpoint: Endpoint) -> bool:
    """Return whether an OTLP/gRPC service answers, even if only to ask for a key."""
    if endpoint.secure:
        return _shows_our_certificate(endpoint)
    with grpc.insecure_channel(str(endpoint).partition("://")[2]) as channel:
        # The type stubs do not say what is sent and received.
        export = cast(
            Callable[..., bytes],
            channel.unary_unary(  # pyright: ignore[reportUnknownMemberType]
                _EXPORT, request_serializer=None, response_deserializer=None
            ),
        )
        try:
            export(b"", timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            code = error.code() if isinstance(error, grpc.Call) else None
            return code is grpc.StatusCode.UNAUTHENTICATED
    return True


def _shows_our_certificate(endpoint: Endpoint) -> bool:
    # gRPC refuses a certificate that is not made for the name 127.0.0.1.
    try:
        endpoint.connect(timeout_s=TIMEOUT_S).close()
    except OSError:
        return False
    return True
