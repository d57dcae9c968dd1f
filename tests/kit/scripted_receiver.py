"""An OTLP/HTTP receiver that sends scripted answers and remembers the requests."""

import gzip
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": PROTOBUF})
    body: bytes = b""


TAKEN = Reply()
Decide = Callable[[ExportTraceServiceRequest], Reply]


def partly(rejected: int, message: str) -> Reply:
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = rejected
    response.partial_success.error_message = message
    return Reply(body=response.SerializeToString())


@dataclass
class Receiver:
    """Answers from `script` first, one reply per request; after that, `decide` answers."""

    port: int = 0
    script: list[Reply] = field(default_factory=list[Reply])
    decide: Decide = lambda _: TAKEN
    # If set, this is the answer to every request.
    plain: Reply | None = None
    taken: list[ExportTraceServiceRequest] = field(default_factory=list[ExportTraceServiceRequest])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    paths: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def names(self) -> list[str]:
        return [
            span.name
            for request in self.taken
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def answer(self, body: bytes) -> Reply:
        if self.plain:
            return self.plain
        plain = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        request = ExportTraceServiceRequest.FromString(plain)
        reply = self.script.pop(0) if self.script else self.decide(request)
        if reply.status == 200:
            self.taken.append(request)
        return reply


@contextmanager
def receiving() -> Generator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.headers.append({k.lower(): v for k, v in self.headers.items()})
            receiver.paths.append(self.path)
            reply = receiver.answer(body)
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": f"{len(reply.body)}"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
