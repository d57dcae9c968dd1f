"""Sends OTLP/HTTP requests one after another, and waits if the receiver asks for that."""

import contextlib
import email.utils
import gzip
import http.client
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from fleetglass_collector.access.door import authorization
from fleetglass_collector.backoff import Backoff
from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.endpoint import Endpoint, reason
from fleetglass_server.recordings.replay import Answer

TIMEOUT_S = 60.0
LATER = frozenset({429, 502, 503, 504})
FIRST_DELAY_S, LONGEST_DELAY_S = 0.25, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How to wait, and for how long in total if there is no progress."""

    sleep: Callable[[float], None]
    clock: Callable[[], float]
    """Seconds since the epoch: Retry-After may be a date."""
    patience_s: float = 300.0


class OtlpClient:
    def __init__(self, endpoint: Endpoint, *, key: str, waiting: Waiting) -> None:
        self.endpoint = endpoint
        self._waiting = waiting
        self._connection: http.client.HTTPConnection | None = None
        self._reached = False
        self._headers = {
            "content-type": "application/x-protobuf",
            "content-encoding": "gzip",
            **({"authorization": authorization(key)} if key else {}),
        }

    def __call__(self, body: bytes) -> Answer:
        """Send a request until the receiver accepts or refuses it.

        Raises:
            StoreError: Nothing answers, or the receiver said "retry later" for too long.
        """
        packed = gzip.compress(body, 1)
        waited, why = 0.0, ""
        backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        while waited <= self._waiting.patience_s:
            asked_s = None
            try:
                answer, asked_s = self._once(packed)
                if answer.status not in LATER:
                    return answer
                why = f"answered {answer.status}: {answer.message}"
            except (OSError, http.client.HTTPException) as error:
                self.close()
                why = reason(error)
                if not self._reached:
                    break
            own_s = backoff.next()
            pause_s = own_s if asked_s is None else min(max(asked_s, 0.0), LONGEST_DELAY_S)
            self._waiting.sleep(pause_s)
            # Count even a pause of 0 s as a short one, or this loop might never end.
            waited += max(pause_s, FIRST_DELAY_S)
        raise StoreError(f"{self.endpoint}: {why}")

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _once(self, packed: bytes) -> tuple[Answer, float | None]:
        """Return the answer, and after how many seconds the receiver wants a retry, if it says."""
        if not self._connection:
            self._connection = self.endpoint.connect(timeout_s=TIMEOUT_S)
        # The receiver may answer before it has read the whole request: then read that answer.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.request("POST", self.endpoint.path, packed, self._headers)
        response = self._connection.getresponse()
        self._reached = True
        body = response.read()
        if response.will_close:
            self.close()
        answer = _answer(response.status, body, response.getheader("content-type") or "")
        return answer, self._seconds(response.getheader("retry-after"))

    def _seconds(self, retry_after: str | None) -> float | None:
        if not retry_after:
            return None
        if retry_after.strip().isdecimal():
            return float(retry_after)
        try:
            return (
                email.utils.parsedate_to_datetime(retry_after).timestamp() - self._waiting.clock()
            )
        except ValueError:
            return None


def _answer(status: int, body: bytes, kind: str) -> Answer:
    try:
        if status == 200:
            partial = ExportTraceServiceResponse.FromString(body).partial_success
            return Answer(
                status=200, message=partial.error_message, rejected=partial.rejected_spans
            )
        if kind.startswith("application/x-protobuf"):
            return Answer(status=status, message=Status.FromString(body).message)
    except DecodeError:
        return Answer(status=status if status != 200 else 502, message="the answer is not OTLP")
    return Answer(status=status, message=body[:200].decode(errors="replace").strip())
