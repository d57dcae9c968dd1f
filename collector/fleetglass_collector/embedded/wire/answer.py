"""Sends an answer: compressed as the client asks, whole when it is small, else in pieces."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from fleetglass_collector.embedded.engine.faults import Fault
from fleetglass_collector.embedded.exchange import Reply, Request
from fleetglass_collector.embedded.wire import compression, frames
from fleetglass_collector.embedded.wire.formats import content_type

# The store buffers this much before it sends the status, so that an early error gets its own.
HELD_BYTES = 4 << 20
WAITED_BYTES = 32 << 20
SERVER_NAME = "fleetglass"


@dataclass(slots=True, kw_only=True)
class Summary:
    """The values of ClickHouse's X-ClickHouse-Summary header; clients read some of them."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    total_rows_to_read: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    started_ns: int = field(default_factory=time.monotonic_ns)

    def text(self) -> str:
        values = {name: str(value) for name, value in asdict(self).items() if name != "started_ns"}
        return json.dumps(values | {"elapsed_ns": str(time.monotonic_ns() - self.started_ns)})


@dataclass(slots=True, kw_only=True)
class Answer:
    """The values for a reply's headers, and the methods that send its body."""

    request: Request
    reply: Reply
    query_id: str
    timezone: str
    summary: Summary = field(default_factory=Summary)
    format: str = ""
    tag: str = field(default_factory=lambda: secrets.token_hex(8))
    _begun: bool = False
    _broken: bool = False

    def send(self, pieces: Iterator[bytes]) -> None:
        """Send all pieces.

        Raises:
            Fault: The query failed before anything was sent. A later error goes into the body.
        """
        coding, encoder = self._coding()
        held, most = b"", self._most_held()
        for piece in self._encoded(pieces, encoder):
            if self._begun:
                self.reply.write(piece)
                continue
            held += piece
            if len(held) > most:
                self._begin(coding)
                self.reply.write(held)
                held = b""
        if not self._begun:
            self.reply.whole(200, self._headers() | coding, held)
        elif self._broken:
            self.reply.abort()
        else:
            self.reply.end()

    def refuse(self, fault: Fault) -> None:
        if self._begun:
            self.reply.abort()
            return
        headers = self._headers() | {
            "X-ClickHouse-Exception-Code": str(fault.code),
            "Content-Type": "text/plain; charset=UTF-8",
        }
        if fault.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        if fault.status == 503:
            headers["Retry-After"] = "1"
        self.reply.whole(fault.status, headers, f"{fault.text}\n".encode())

    def _begin(self, coding: dict[str, str]) -> None:
        self._begun = True
        self.reply.begin(200, self._headers() | coding | {"X-ClickHouse-Exception-Tag": self.tag})

    def _encoded(self, pieces: Iterator[bytes], encoder: compression.Encoder) -> Iterator[bytes]:
        try:
            for piece in pieces:
                yield encoder.compress(piece)
        except Fault as error:
            if not self._begun:
                raise
            self._broken = True
            yield encoder.compress(self._error_in_body(error))
        yield encoder.flush()

    def _error_in_body(self, error: Fault) -> bytes:
        """Return the error as ClickHouse sends it since 25.11: between two marks with the tag."""
        text = f"{error.text}\n"
        mark = "__exception__"
        return f"\r\n{mark}\r\n{self.tag}\r\n{text}{len(text)} {self.tag}\r\n{mark}\r\n".encode()

    def _coding(self) -> tuple[dict[str, str], compression.Encoder]:
        params = self.request.params
        if params.get("compress") == "1":
            return {}, frames.FrameEncoder()
        if params.get("enable_http_compression") in ("1", "true"):
            chosen = compression.choose(self.request.headers.get("accept-encoding", ""))
            if chosen:
                return {"Content-Encoding": chosen[0]}, chosen[1]
        return {}, compression.Plain()

    def _most_held(self) -> int:
        return WAITED_BYTES if self.request.params.get("wait_end_of_query") == "1" else HELD_BYTES

    def _headers(self) -> dict[str, str]:
        format = {"X-ClickHouse-Format": self.format} if self.format else {}
        return {
            "Content-Type": content_type(self.format),
            "X-ClickHouse-Server-Display-Name": SERVER_NAME,
            "X-ClickHouse-Query-Id": self.query_id,
            "X-ClickHouse-Timezone": self.timezone,
            "X-ClickHouse-Summary": self.summary.text(),
        } | format
