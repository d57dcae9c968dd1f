"""The list of checks, in the order of the output."""

from collections.abc import Generator

from fleetglass_collector.config import Config
from fleetglass_server.doctor import database, machine, ports, round_trip, secrets
from fleetglass_server.doctor.check import Check
from fleetglass_server.doctor.round_trip import Patience


def examine(config: Config, patience: Patience) -> Generator[Check]:
    """Yield each check as soon as it is done; the last ones take seconds."""
    yield machine.versions()
    yield machine.clock(now_ns=patience.clock_ns())
    yield from machine.disk(config)
    yield from secrets.keys(config)
    yield from secrets.certificate(config)
    listeners = list(ports.listeners(config))
    yield from listeners
    yield from database.server(config, patience.clock_ns)
    running = any(check.name == "receiver.http" and check.running for check in listeners)
    if running:
        # Before the tables: this gives a collector that just started time to make them.
        yield round_trip.span(config, patience)
        yield round_trip.backlog(config, patience)
    else:
        yield Check.note("span", "not sent: no collector is running", "start one: fleetglass up")
    yield from database.tables(config)
    yield from database.settling(config)
