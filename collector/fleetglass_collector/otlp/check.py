"""The checks of a request before the collector acknowledges it."""

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.rewrite import flatten, refuse_unidentified
from fleetglass_collector.otlp.shape import shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    body: bytes
    """The bytes for the journal: the client's own, or the request serialized again."""
    spans: int
    rejected: int
    message: str
    """A text for the client when spans were refused, else empty."""


def check(body: bytes) -> Checked:
    """Check a serialized ExportTraceServiceRequest.

    If the database can read the request unchanged, the result holds the same bytes object. This
    is so for nearly every request.

    Raises:
        Refusal: The body is not such a request.
    """
    observed = shape(body)
    if observed.flat and observed.identified:
        return Checked(body=body, spans=observed.spans, rejected=0, message="")
    request = _parse(body)
    rejected = 0 if observed.identified else refuse_unidentified(request)
    if not observed.flat:
        flatten(request)
    return Checked(
        body=request.SerializeToString(),
        spans=observed.spans - rejected,
        rejected=rejected,
        message=f"{rejected} spans have an invalid trace or span id" if rejected else "",
    )


def _parse(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        # Only what is inside a map is parsed here for the first time.
        raise Refusal(Reason.MALFORMED, f"not an ExportTraceServiceRequest: {error}") from error
