"""Speaks HTTP/1.1 with one client: h11 parses strictly, this module reads, writes and times out."""

import http
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

import h11

from fleetglass_collector.embedded.exchange import PIECE, Application, Request, Truncated

# How long a connection may stay silent between two requests or two pieces of a body.
IDLE_S = 65.0
# How long the head of a request may take. The client is not authenticated before that.
HEAD_S = 10.0
MOST_HEAD_BYTES = 128 << 10
# How long and how much the store reads after an answer that did not need the whole body. Closing a
# socket with unread bytes resets the connection, and the client may lose the answer.
LINGER_S, LINGER_BYTES = 2.0, 64 << 20


class Conversation:
    """Answers one client's requests, one after another, and is the `Reply` to each."""

    def __init__(
        self,
        connection: socket.socket,
        client: str,
        application: Application,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._socket = connection
        self._client = client
        self._application = application
        self._clock = clock
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._method = ""
        self._is_broken_off = False

    def run(self) -> None:
        """Answer requests until either side closes.

        Raises:
            OSError: The connection broke.
        """
        try:
            while self._answer_one():
                pass
        except h11.RemoteProtocolError as error:
            self._refuse(error)
        self._linger()

    def whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
        head = self._response(status, headers | {"Content-Length": str(len(body))})
        content = [h11.Data(data=body)] if body and self._method != "HEAD" else []
        self._send(head, *content, h11.EndOfMessage())

    def begin(self, status: int, headers: dict[str, str]) -> None:
        # h11 frames the body: in chunks, or for HTTP/1.0 until the connection ends.
        self._send(self._response(status, headers))

    def write(self, piece: bytes) -> None:
        if piece and self._method != "HEAD":
            self._send(h11.Data(data=piece))

    def end(self) -> None:
        self._send(h11.EndOfMessage())

    def abort(self) -> None:
        """Close without the end of the body, so that the client sees that something is missing."""
        self._is_broken_off = True

    def _answer_one(self) -> bool:
        """Answer one request; return False when the connection ends."""
        head = self._head()
        if head is None:
            return False
        self._method = head.method.decode()
        try:
            self._application(self._request(head), self)
        except Truncated as error:
            if not isinstance(error.__cause__, h11.RemoteProtocolError):
                raise
            raise error.__cause__ from error
        except OSError:
            self.abort()
        if self._is_broken_off:
            return False
        if self._http.their_state is h11.SEND_BODY:
            self._finish_body()
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    def _head(self) -> h11.Request | None:
        self._socket.settimeout(IDLE_S)
        deadline = None
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._socket.settimeout(IDLE_S)
                if not _has_body(event):
                    # The end of the request is a separate event, which is there already.
                    self._http.next_event()
                return event
            if event is not h11.NEED_DATA:
                return None
            if deadline is not None:
                self._socket.settimeout(max(0.001, deadline - self._clock()))
            self._receive()
            deadline = deadline or self._clock() + HEAD_S

    def _request(self, head: h11.Request) -> Request:
        target = head.target.decode("latin-1")
        url = urlsplit(target if target.startswith("/") else f"/{target}")
        return Request(
            method=self._method,
            path=url.path,
            query=tuple(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.decode(): value.decode("latin-1") for name, value in head.headers},
            body=self._body(),
            client=self._client,
            connection=self._socket,
        )

    def _body(self) -> Iterator[bytes]:
        if self._http.their_state is not h11.SEND_BODY:
            return
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))
        try:
            while not isinstance(event := self._http.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Data):
                    yield event.data
                elif event is h11.NEED_DATA:
                    self._receive()
                else:
                    raise Truncated
        except h11.RemoteProtocolError as error:
            raise Truncated from error

    def _finish_body(self) -> None:
        """Read the rest of a body that has arrived already: often only its last chunk is left."""
        try:
            while isinstance(self._http.next_event(), h11.Data):
                pass
        except h11.RemoteProtocolError:
            self.abort()

    def _receive(self) -> None:
        self._http.receive_data(self._socket.recv(1 << 16))

    def _response(self, status: int, headers: dict[str, str]) -> h11.Response:
        lines = [*headers.items(), ("Server", "fleetglass")]
        if self._http.their_state is h11.SEND_BODY:
            # The rest of the body is still on its way, so no request can follow.
            lines.append(("Connection", "close"))
        reason = http.HTTPStatus(status).phrase.encode()
        return h11.Response(status_code=status, headers=lines, reason=reason)

    def _send(self, *events: h11.Event) -> None:
        # Send one piece: without Nagle's algorithm each event would be a packet of its own.
        pieces = [self._http.send(event) for event in events]
        if whole := b"".join(piece for piece in pieces if piece):
            self._socket.sendall(whole)

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        """Answer a request that is not valid HTTP, if no answer has begun yet."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = f"The request is not valid HTTP/1.1: {error}\n".encode()
            headers = {"Content-Type": "text/plain; charset=UTF-8", "Connection": "close"}
            self._method = ""
            self.whole(error.error_status_hint, headers, body)
        else:
            self.abort()

    def _linger(self) -> None:
        if self._is_broken_off:
            return
        self._socket.shutdown(socket.SHUT_WR)
        deadline, left = self._clock() + LINGER_S, LINGER_BYTES
        while left > 0 and (wait_s := deadline - self._clock()) > 0:
            self._socket.settimeout(wait_s)
            piece = self._socket.recv(PIECE)
            if not piece:
                return
            left -= len(piece)


def _has_body(head: h11.Request) -> bool:
    """Tell whether a body follows.

    Raises:
        RemoteProtocolError: The body's end is ambiguous, which may hide a second request.
    """
    headers = dict(head.headers)
    if b"transfer-encoding" not in headers:
        return int(headers.get(b"content-length", b"0")) > 0
    if b"content-length" in headers:
        raise h11.RemoteProtocolError("Content-Length beside Transfer-Encoding")
    return True
