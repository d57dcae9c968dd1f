"""Run everything on this machine: collector, settling, detectors, API and database.

The data is kept in the folder of --data. With --dsn http..., the spans go to your ClickHouse server
instead, and no database is started.
"""

import argparse
import os
import sys

from fleetglass_collector.config import Config
from fleetglass_server.commands.flags import DSN_HELP
from fleetglass_server.processes.process import log_to_stderr
from fleetglass_server.processes.supervisor import Child, supervise

NAME = "up"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", metavar="DSN", help=DSN_HELP)


def run(config: Config, options: argparse.Namespace) -> int:
    return run_all(config, options)


def run_all(config: Config, options: argparse.Namespace) -> int:
    """Run all processes until a signal. The store stops last, so that waiting spans reach it."""
    log_to_stderr()
    flags = ["--data", config.data]
    flags += ["--config", str(options.config)] if options.config else []
    # A variable, because the DSN may hold a password and every user can read arguments.
    dsn = {"FLEETGLASS_STORE_DSN": config.store.dsn} if config.store.dsn else {}
    environment = {**os.environ, **dsn}
    children = [
        Child("collector", ["collect", "--alone", *flags], environment),
        Child("detect", ["detect", *flags], environment),
        Child("settle", ["settle", *flags], environment),
        Child("api", ["api", *flags], environment),
    ]
    if not config.is_remote:
        children.append(Child("store", ["store", *flags], environment))
    return supervise(children, lambda: print(_banner(config), file=sys.stderr, flush=True))


def _banner(config: Config) -> str:
    secure = config.receiver.tls_certificate and config.receiver.tls_key
    scheme = "https" if secure else "http"
    receiver = f"{scheme}://{config.receiver.http}"
    sql = "your ClickHouse server" if config.is_remote else f"{scheme}://{config.query.listen}"
    return "\n".join(
        (
            "fleetglass is running. Press Ctrl-C to stop it; the data is kept.",
            f"  spans, HTTP  {receiver}",
            f"  spans, gRPC  {scheme}://{config.receiver.grpc}",
            f"  SQL          {sql}",
            f"  API          {scheme}://{config.api.listen}",
            f"  metrics      {receiver}/metrics",
            "Send spans:      OTEL_EXPORTER_OTLP_ENDPOINT=" + receiver + " python your_agent.py",
            "Query them:      fleetglass query 'SELECT count() FROM otel_traces'",
            "List incidents:  fleetglass incidents",
        )
    )
