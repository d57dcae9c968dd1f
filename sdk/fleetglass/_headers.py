"""HTTP: W3C trace context, and baggage with an allow-list."""

from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager

from fleetglass import _propagation
from fleetglass._fleet import current


def inject(headers: MutableMapping[str, str]) -> None:
    """Add the current trace and run to the headers of a request to another service."""
    _propagation.inject(headers, current().settings.baggage)


def extract(headers: Mapping[str, str]) -> AbstractContextManager[None]:
    """Continue the trace and run of a request's sender, within a `with` block."""
    return _propagation.extracted(headers, current().settings.baggage)
