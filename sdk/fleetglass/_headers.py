"""HTTP: W3C trace context, and baggage with an allow-list."""

from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager

from fleetglass import _propagation
from fleetglass._fleet import current


def inject(headers: MutableMapping[str, str]) -> None:
    """Write into the headers of a request to another service where it comes from."""
    _propagation.inject(headers, current().settings.baggage)


def extract(headers: Mapping[str, str]) -> AbstractContextManager[None]:
    """Go on where the sender of a request was, within a `with` block."""
    return _propagation.extracted(headers, current().settings.baggage)
