"""Accepts the store's clients, with one thread for each connection.

granian, which serves OTLP, does not fit here. Measured with 2.8.7:

- When a client dies, its cut body looks like a whole one, so half an insert would be committed.
- When a client reads slowly, granian queues the streamed answer in memory without bound (300 MB).
- The server cannot abort a stream when the query fails half way.
- A second server binds the same port without an error.

Threads also suit chDB: its calls block, and release the GIL.
"""

import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable
from typing import Any, cast

from fleetglass_collector.embedded.conversation import HEAD_S, Conversation
from fleetglass_collector.embedded.exchange import Application, Reply, Request
from fleetglass_collector.errors import ConfigError

# Each connection holds a thread. Queries also wait for a slot, so most threads are idle.
MOST_CONNECTIONS = 512
FIRST_WORDS_S = 1.0
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 27\r\n\r\nThere are too many clients\n"
)


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        listener = cast("Listener", self.server)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if listener.tls:
            self.request.settimeout(HEAD_S)
            # `finish_request` closes what `self.request` names.
            self.request = listener.tls.wrap_socket(self.request, server_side=True)
        host, port = self.client_address[:2]
        client = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        Conversation(self.request, client, listener.serve).run()

    def finish(self) -> None:
        self.request.close()


class Listener(socketserver.ThreadingTCPServer):
    # SO_REUSEADDR, not SO_REUSEPORT: a taken port is an error. After a kill, connections in
    # TIME_WAIT would hold the port without it.
    allow_reuse_address = True
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
        self._silent = 0
        self._local = threading.local()
        self._changed = threading.Condition()
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {address[0]}:{address[1]}: {error.strerror}; stop the program "
                "that uses the port, or set [query] listen (FLEETGLASS_QUERY_LISTEN)"
            ) from error

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Accept a connection while threads are free; else answer that the store is busy."""
        if self._free.acquire(blocking=False):
            return True
        if not self.tls:
            request.setblocking(False)
            request.send(BUSY)
        return False

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._begin(+1)
        try:
            super().process_request_thread(request, client_address)
        finally:
            if not getattr(self._local, "has_asked", False):
                self._begin(-1)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print only our own errors, not the broken connections and TLS handshakes of clients."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            print(f"fleetglass store: request failed: {type(error).__name__}", file=sys.stderr)

    def serve(self, request: Request, reply: Reply) -> None:
        """Answer one request and count it, so that `drain` can wait for it."""
        with self._changed:
            self._busy += 1
        if not getattr(self._local, "has_asked", False):
            self._local.has_asked = True
            self._begin(-1)
        try:
            self.application(request, reply)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def drain(self, end_queries: Callable[[], None], seconds: float) -> None:
        """Accept no more requests; wait half of the time for running ones, then end queries."""
        self.shutdown()
        self.server_close()
        with self._changed:
            # Somebody who was let in just now may have sent a request that is not read yet.
            self._changed.wait_for(lambda: not self._silent, FIRST_WORDS_S)
            if not self._changed.wait_for(lambda: not self._busy, seconds / 2):
                end_queries()
                self._changed.wait_for(lambda: not self._busy, seconds / 2)

    def _begin(self, change: int) -> None:
        """Count the connections that have not asked anything yet."""
        with self._changed:
            self._silent += change
            self._changed.notify_all()

    def start(self) -> threading.Thread:
        thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="listener", daemon=True
        )
        thread.start()
        return thread


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """Make a context for TLS 1.2 or newer from two PEM files; None when neither is named."""
    if not certificate and not key:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"cannot use the certificate {certificate!r}: {error}") from error
    return context
