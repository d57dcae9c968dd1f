"""Run everything on this machine: the collector and, unless a DSN names a server, the store."""

import argparse
import os
import sys

from fleetglass_collector.config import Config
from fleetglass_server.processes.process import log_to_stderr
from fleetglass_server.processes.supervisor import Child, supervise

NAME = "up"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory, or http(s)://user:password@host:port")


def run(config: Config, options: argparse.Namespace) -> int:
    return tree(config, options)


def tree(config: Config, options: argparse.Namespace) -> int:
    """Run the processes as one. The store is stopped last, so that what was taken gets stored."""
    log_to_stderr()
    passed = ["--data", config.data]
    passed += ["--config", str(options.config)] if options.config else []
    # By the environment and not as an argument, which everybody on the machine can read.
    given = {"FLEETGLASS_STORE_DSN": config.store.dsn} if config.store.dsn else {}
    environment = {**os.environ, **given}
    children = [
        Child("collector", ["collect", "--alone", *passed], environment),
        Child("detect", ["detect", *passed], environment),
        Child("settle", ["settle", *passed], environment),
        Child("api", ["api", *passed], environment),
    ]
    if not config.is_remote:
        children.append(Child("store", ["store", *passed], environment))
    return supervise(children, lambda: print(_banner(config), file=sys.stderr, flush=True))


def _banner(config: Config) -> str:
    secure = config.receiver.tls_certificate and config.receiver.tls_key
    scheme = "https" if secure else "http"
    receiver = f"{scheme}://{config.receiver.http}"
    return "\n".join(
        (
            "fleetglass is up. Ctrl-C stops it; what it was given is kept.",
            f"  send spans   OTEL_EXPORTER_OTLP_ENDPOINT={receiver}",
            f"               or gRPC to {config.receiver.grpc}",
            "  ask          fleetglass query 'SELECT count() FROM otel_traces'",
            f"  SQL          {'in your ClickHouse' if config.is_remote else config.query.listen}",
            "  incidents    fleetglass incidents",
            f"               or {scheme}://{config.api.listen}/v1/incidents",
            f"  metrics      {receiver}/metrics",
        )
    )
