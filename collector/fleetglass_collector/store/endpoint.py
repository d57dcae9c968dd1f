"""An HTTP address that a command talks to, and the connection to it."""

import base64
import dataclasses
import http.client
import ssl
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from fleetglass_collector.access.address import split_address
from fleetglass_collector.errors import ConfigError

CONNECT_TIMEOUT_S = 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    secure: bool
    host: str
    port: int
    path: str
    user: str = ""
    password: str = field(default="", repr=False)
    # Our own certificate, which is trusted whatever name it was made for.
    certificate: str = ""

    @classmethod
    def at(cls, url: str, *, port: int) -> Self:
        """Take `http(s)://user:password@host:port/path`; `port` is for a URL without one.

        Raises:
            ConfigError: It is another kind of URL. The message does not repeat it, because it may
                hold a password.
        """
        try:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError
            chosen = parts.port or port
        except ValueError as error:
            raise ConfigError("the address must be http(s)://host:port") from error
        return cls(
            secure=parts.scheme == "https",
            host=parts.hostname,
            port=chosen,
            path=parts.path,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @classmethod
    def of_listener(cls, listen: str, *, certificate: str = "") -> Self:
        """Return where this machine reaches the server that listens on `listen`."""
        host, port = split_address(listen)
        return cls(
            secure=bool(certificate),
            host=_EVERYWHERE.get(host, host),
            port=port,
            path="",
            certificate=certificate,
        )

    def joined(self, path: str) -> Self:
        """Return the address with a path added, unless the address already ends with it."""
        if self.path.rstrip("/").endswith(path):
            return self
        return dataclasses.replace(self, path=f"{self.path.rstrip('/')}/{path}")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"

    def connect(self, *, timeout_s: float | None) -> http.client.HTTPConnection:
        """Connect; `timeout_s` limits each read after that, None does not limit it.

        Raises:
            OSError: Nothing answers, or the certificate cannot be trusted.
        """
        if self.secure:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.host, self.port, timeout=CONNECT_TIMEOUT_S, context=self.trust()
            )
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=CONNECT_TIMEOUT_S)
        connection.connect()
        connection.sock.settimeout(timeout_s)
        return connection

    def trust(self) -> ssl.SSLContext:
        """Return the certificates to accept: those of known authorities, or only our own."""
        context = ssl.create_default_context(cafile=self.certificate or None)
        context.check_hostname = not self.certificate
        # The file may hold the server's certificate without the certificate that signed it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def reason(error: OSError | http.client.HTTPException) -> str:
    """Say in a few words why a connection failed."""
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, http.client.HTTPException):
        return "the answer is not complete HTTP"
    return (error.strerror or str(error)).lower()
