"""HTTP/1.1 for the endpoint: one thread a connection.

granian, which serves OTLP, does not fit here; measured with 2.8.7: a body cut short by a client
that dies ends like a whole one (half an insert would be committed), a streamed answer is queued
in memory without bound when the client reads slowly (300 MB of it), a stream cannot be broken off
when the query fails half way, and a second server binds the same port without an error.
Threads suit chDB besides: its calls block, and release the GIL.
"""

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, urlsplit

from fleetglass_collector.errors import ConfigError

PIECE = 1 << 20
IDLE_S = 65.0


class Truncated(ConnectionError):
    """The client went away in the middle of a body."""


class Reply(Protocol):
    """How an answer is sent: whole, or begun, written piece by piece and ended or broken off."""

    def whole(self, status: int, headers: dict[str, str], body: bytes) -> None: ...
    def begin(self, status: int, headers: dict[str, str]) -> None: ...
    def write(self, piece: bytes) -> None: ...
    def end(self) -> None: ...
    def abort(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: Iterator[bytes]
    client: str
    connection: socket.socket

    @property
    def params(self) -> dict[str, str]:
        return dict(self.query)


Application = Callable[[Request, Reply], None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fleetglass"
    sys_version = ""
    timeout = IDLE_S
    disable_nagle_algorithm = True
    wbufsize = 0

    @property
    def _listener(self) -> "Listener":
        return cast("Listener", self.server)

    def setup(self) -> None:
        if self._listener.tls:
            self.request.settimeout(IDLE_S)
            self.request = self._listener.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_GET(self) -> None:
        self._chunked = False
        self._left = 0
        self._begun = False
        request = self._request()
        try:
            self._listener.serve(request, self)
        except OSError:
            self.abort()
        if self._left:
            # What the application did not read is still on the wire: no next request can follow.
            self.close_connection = True

    do_POST = do_HEAD = do_PUT = do_OPTIONS = do_DELETE = do_GET

    def _request(self) -> Request:
        url = urlsplit(self.path if self.path.startswith("/") else f"/{self.path}")
        return Request(
            method=self.command,
            path=url.path,
            query=tuple(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            client=str(self.client_address[0]),
            connection=self.connection,
        )

    def _body(self) -> Iterator[bytes]:
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            self._left = 1
            return self._chunks()
        length = self.headers.get("content-length", "0").strip()
        self._left = int(length) if length.isascii() and length.isdigit() else 0
        return self._counted()

    def _counted(self) -> Iterator[bytes]:
        while self._left:
            piece = self.rfile.read1(min(self._left, PIECE))
            if not piece:
                raise Truncated
            self._left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while size := self._chunk_size():
            while size:
                piece = self.rfile.read1(min(size, PIECE))
                if not piece:
                    raise Truncated
                size -= len(piece)
                yield piece
            self.rfile.readline(64)
        while self.rfile.readline(65536) not in (b"\r\n", b"\n", b""):
            pass
        self._left = 0

    def _chunk_size(self) -> int:
        line = self.rfile.readline(1024)
        try:
            return int(line.split(b";")[0].strip(), 16)
        except ValueError as error:
            raise Truncated from error

    def whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._head(status, headers | {"Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def begin(self, status: int, headers: dict[str, str]) -> None:
        # An HTTP/1.0 client knows no chunks: its answer ends where the connection does.
        self._chunked = self.request_version != "HTTP/1.0"
        framing = {"Transfer-Encoding": "chunked"} if self._chunked else {"Connection": "close"}
        self.close_connection = self.close_connection or not self._chunked
        self._head(status, headers | framing)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self._begun = True
        self.send_response(status)
        if self._left:
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def write(self, piece: bytes) -> None:
        if piece and self.command != "HEAD":
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece)

    def end(self) -> None:
        if self._chunked and self.command != "HEAD":
            self.wfile.write(b"0\r\n\r\n")

    def abort(self) -> None:
        """Close without the last chunk, so that the client sees that something is missing."""
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: request lines hold queries."""


class Listener(ThreadingHTTPServer):
    # Python's HTTPServer sets SO_REUSEADDR, not SO_REUSEPORT: a taken port is an error.
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(
        self, address: tuple[str, int], application: Application, *, tls: ssl.SSLContext | None
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.application = application
        self.tls = tls
        self._busy = 0
        self._quiet = threading.Condition()
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {address[0]}:{address[1]}: {error.strerror}; stop what holds "
                "the port, or set [query] listen (FLEETGLASS_QUERY_LISTEN)"
            ) from error

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def server_bind(self) -> None:
        # HTTPServer looks up its own name here, which can take seconds without DNS.
        # After a kill, connections in TIME_WAIT would hold the port without SO_REUSEADDR.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Count on the client's end: a broken connection or TLS handshake is its matter."""
        error = sys.exception() if hasattr(sys, "exception") else None
        if error is not None and not isinstance(error, OSError):
            print(f"fleetglass store: request failed: {type(error).__name__}", file=sys.stderr)

    def serve(self, request: Request, reply: Reply) -> None:
        """Answer one request, counted: `drain` waits for those under way."""
        with self._quiet:
            self._busy += 1
        try:
            self.application(request, reply)
        finally:
            with self._quiet:
                self._busy -= 1
                self._quiet.notify_all()

    def drain(self, end_queries: Callable[[], None], seconds: float) -> None:
        """Take no more; let requests end for half of the time, then end them."""
        self.shutdown()
        self.server_close()
        with self._quiet:
            if not self._quiet.wait_for(lambda: not self._busy, seconds / 2):
                end_queries()
                self._quiet.wait_for(lambda: not self._busy, seconds / 2)

    def start(self) -> threading.Thread:
        thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="listener", daemon=True
        )
        thread.start()
        return thread


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """TLS 1.2 or newer from two PEM files, or none when neither is given."""
    if not certificate and not key:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"cannot use the certificate {certificate!r}: {error}") from error
    return context
