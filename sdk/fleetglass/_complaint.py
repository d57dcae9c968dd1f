"""Says in the log what the agent's author would otherwise not notice.

That spans do not arrive: once, then once an hour, and when they do again. That something in the SDK
fails: once.
"""

import logging
import time
from urllib.parse import urlsplit

from fleetglass._outlet import Failure

log = logging.getLogger("fleetglass")

EVERY_S = 3600.0
# A collector that is started anew is no news. One that never took a span is, at once.
GRACE_S = 20.0
START = "Is the collector running there? 'fleetglass up' starts one; FLEETGLASS_ENDPOINT names it."
ADVICE = {
    "connection refused": START,
    "no answer in time": START,
    "the network is unreachable": START,
    "unknown host": "Correct the host in FLEETGLASS_ENDPOINT.",
    "the port does not speak HTTP": (
        "It may be the port for gRPC. The SDK sends OTLP over HTTP: use port 4318."
    ),
    "the port does not speak TLS": "Write http:// instead of https:// in FLEETGLASS_ENDPOINT.",
    "the certificate is not trusted": (
        "Set OTEL_EXPORTER_OTLP_CERTIFICATE to the file with the certificate of its authority."
    ),
    401: "Set FLEETGLASS_KEY; 'fleetglass keys add --scope ingest' makes a key.",
    403: "Set FLEETGLASS_KEY; 'fleetglass keys add --scope ingest' makes a key.",
    429: "The collector has too much to do. The spans wait and are sent again.",
    503: "The collector cannot store spans at present. They wait and are sent again.",
}
GRPC = "Port 4317 is for gRPC. The SDK sends OTLP over HTTP: use port 4318."
OTHER = "Something else may answer there: the collector listens for OTLP over HTTP on port 4318."

_said: set[str] = set()


def once(what: str, error: BaseException) -> None:
    """Log a failure that stops no agent: the first as a warning, the others for debugging."""
    if what not in _said:
        _said.add(what)
        # The message of an error may hold what an agent works with, so only its kind is told.
        kind = type(error).__name__
        log.warning("fleetglass: %s (%s). Level DEBUG of this logger says more.", what, kind)
    log.debug("%s", what, exc_info=error)


class Complaint:
    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._has_worked = False
        self._failing_since_s: float | None = None
        self._said_s: float | None = None

    def worked(self) -> None:
        self._has_worked = True
        if self._said_s is not None:
            log.warning("fleetglass: spans reach %s again", self._url())
        self._failing_since_s = self._said_s = None

    def failed(self, failure: Failure) -> None:
        now = time.monotonic()
        if self._failing_since_s is None:
            self._failing_since_s = now
        if self._has_worked and now - self._failing_since_s < GRACE_S:
            return
        if self._said_s is not None and now - self._said_s < EVERY_S:
            return
        self._said_s = now
        log.warning("fleetglass: %s", self._sentence(failure))

    def broken(self, error: Exception) -> None:
        once("a batch of spans could not be sent and is lost", error)

    def too_large(self, size: int) -> None:
        log.warning(
            "fleetglass: %s refused a span with %d characters of text. It is left out; "
            "the other spans are sent.",
            self._url(),
            size,
        )

    def _sentence(self, failure: Failure) -> str:
        cause = f"{failure.status} {failure.reason}".strip() if failure.status else failure.reason
        return f"no spans reach {self._url()}: {cause}. {self._advice(failure)}"

    def _advice(self, failure: Failure) -> str:
        advice = ADVICE.get(failure.status) or ADVICE.get(failure.reason)
        if urlsplit(self._endpoint).port == 4317:
            return advice if failure.reason == "connection refused" and advice else GRPC
        return advice or OTHER

    def _url(self) -> str:
        """Return the URL without the password that it may hold."""
        url = urlsplit(self._endpoint)
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}/v1/traces"
