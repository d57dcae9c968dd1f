"""Sends batches of spans over OTLP/HTTP, and says why a batch was not taken."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from fleetglass._outlet import Failure

log = logging.getLogger("fleetglass")

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TRACES = "/v1/traces"


class Sender:
    """Keeps one connection open. It never tries again by itself: the outlet does that."""

    def __init__(self, endpoint: str, key: str) -> None:
        self._session = Session()
        host = urlsplit(endpoint).hostname
        # On one machine, compressing costs more than sending. None leaves it to the environment.
        packed = None if host in LOOPBACK else Compression.Gzip
        if "OTEL_EXPORTER_OTLP_COMPRESSION" in os.environ:
            packed = None
        self._exporter = OTLPSpanExporter(
            endpoint=endpoint + TRACES,
            compression=packed,
            headers={"authorization": f"Bearer {key}"} if key else None,
            session=self._session,
        )

    def send(self, spans: Sequence[ReadableSpan]) -> Failure | None:
        """Send a batch; return why that failed, or None."""
        self._session.failure = None
        try:
            if self._exporter.export(spans) is SpanExportResult.SUCCESS:
                return None
        except Exception:
            # Older exporters let errors of the request and of the encoding through.
            log.debug("a batch could not be sent", exc_info=True)
        # If no request was made, the batch itself is at fault: too large, or not encodable.
        return self._session.failure or Failure(status=413, reason="larger than 64 MiB")

    def close(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class Session(requests.Session):
    """Remembers why a request failed. The exporter itself only logs it.

    It raises an error of a kind after which the exporter does not wait and try again.
    """

    failure: Failure | None = None

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        # A redirect would be followed without the body.
        options["allow_redirects"] = False
        try:
            answer = super().request(method, url, *args, **options)
        except Exception as error:
            # Whatever goes wrong in a request, the batch is not at fault.
            self.failure = Failure(reason=_cause(error))
        else:
            html = answer.headers.get("content-type", "").startswith("text/html")
            if answer.ok and not answer.is_redirect and not html:
                return answer
            self.failure = Failure(
                status=answer.status_code, reason="a web page" if html else answer.reason or ""
            )
        raise requests.RequestException(self.failure.reason)


@dataclass(frozen=True, slots=True)
class _Known:
    """A cause in the words of a library, and in ours."""

    theirs: str
    ours: str


CAUSES = (
    _Known("refused", "connection refused"),
    _Known("NameResolution", "unknown host"),
    _Known("getaddrinfo", "unknown host"),
    _Known("WRONG_VERSION_NUMBER", "the port does not speak TLS"),
    _Known("CERTIFICATE_VERIFY_FAILED", "the certificate is not trusted"),
    _Known("certificate verify failed", "the certificate is not trusted"),
    _Known("record layer failure", "the port does not speak TLS"),
    _Known("timed out", "no answer in time"),
    _Known("unreachable", "the network is unreachable"),
    _Known("BadStatusLine", "the port does not speak HTTP"),
    _Known("RemoteDisconnected", "the connection was closed without an answer"),
    _Known("Connection aborted", "the connection was closed without an answer"),
)


def _cause(error: Exception) -> str:
    """Return the cause in a few words. The library's message holds the URL, maybe a password."""
    text = f"{error!r} {error}"
    return next((known.ours for known in CAUSES if known.theirs in text), type(error).__name__)
