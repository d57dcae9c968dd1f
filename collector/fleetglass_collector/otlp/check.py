"""What a request must pass before it is acknowledged."""

from dataclasses import dataclass

from fleetglass_collector.otlp.rewrite import rewrite
from fleetglass_collector.otlp.shape import shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    body: bytes
    """What to journal: the client's bytes, or a rewritten request."""
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
    rewritten, spans, rejected = rewrite(body)
    message = f"{rejected} spans have an invalid trace or span id" if rejected else ""
    return Checked(body=rewritten, spans=spans, rejected=rejected, message=message)
