"""One request and its answer, as the listener and the application see them."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

PIECE = 1 << 20


class Truncated(ConnectionError):
    """The client went away, or broke the protocol, in the middle of a body."""


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


class Reply(Protocol):
    """Sends an answer: whole, or begun, written in pieces, and then ended or aborted."""

    def whole(self, status: int, headers: dict[str, str], body: bytes) -> None: ...
    def begin(self, status: int, headers: dict[str, str]) -> None: ...
    def write(self, piece: bytes) -> None: ...
    def end(self) -> None: ...
    def abort(self) -> None: ...


Application = Callable[[Request, Reply], None]
