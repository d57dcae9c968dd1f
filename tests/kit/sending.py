"""A fleet of the SDK that sends to an endpoint, for the tests of sending."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry.sdk.trace import TracerProvider

from fleetglass import _fleet
from fleetglass._settings import Settings


@contextmanager
def sending(endpoint: str, **settings: object) -> Generator[_fleet.Fleet]:
    quick = {"delay_s": 0.05, "exit_s": 0.5}
    fleet = _fleet.Fleet(
        Settings.of({}, endpoint=endpoint, **(quick | settings)),
        provider=TracerProvider(shutdown_on_exit=False),
    )
    before = _fleet.install(fleet)
    try:
        yield fleet
    finally:
        _fleet.install(before)
        fleet.close(0.1)
