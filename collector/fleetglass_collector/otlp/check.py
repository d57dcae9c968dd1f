"""What a request must pass before it is acknowledged."""

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.errors import Reason, Refusal
from fleetglass_collector.otlp.rewrite import flatten, refuse_unidentified
from fleetglass_collector.otlp.shape import shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    body: bytes
    """What to journal: the client's bytes, or the request serialized anew."""
    spans: int
    rejected: int
    message: str
    """For the client, when spans were refused."""


def check(body: bytes) -> Checked:
    """Check a serialized ExportTraceServiceRequest.

    A request that the database can read as it is comes back as the same object: nearly every
    request does.

    Raises:
        Refusal: The body is not such a request.
    """
    seen = shape(body)
    if seen.flat and seen.identified:
        return Checked(body=body, spans=seen.spans, rejected=0, message="")
    request = _parse(body)
    rejected = 0 if seen.identified else refuse_unidentified(request)
    if not seen.flat:
        flatten(request)
    return Checked(
        body=request.SerializeToString(),
        spans=seen.spans - rejected,
        rejected=rejected,
        message=f"{rejected} spans have an invalid trace or span id" if rejected else "",
    )


def _parse(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        # Nothing but a map's inside is first looked at here.
        raise Refusal(Reason.MALFORMED, f"not an ExportTraceServiceRequest: {error}") from error
