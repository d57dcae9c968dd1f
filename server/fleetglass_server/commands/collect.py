"""Receive spans over OTLP and insert them into the database.

If the database is an external ClickHouse server (--dsn http...), this runs the collector only.
Otherwise it does the same as 'fleetglass up'.
"""

import argparse
import functools

from fleetglass_collector.config import Config
from fleetglass_server.commands.flags import DSN_HELP
from fleetglass_server.commands.up import run_all

NAME = "collect"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", metavar="DSN", help=DSN_HELP)
    parser.add_argument(
        "--cluster", metavar="NAME", help="create replicated, distributed tables on this cluster"
    )
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)


def run(config: Config, options: argparse.Namespace) -> int:
    if not config.is_remote and not options.alone:
        return run_all(config, options)
    # Importing these is slow; the supervisor process above does not need them.
    from fleetglass_collector import collector
    from fleetglass_server.processes.process import serve

    line = f"receiving OTLP/HTTP on {config.receiver.http}, OTLP/gRPC on {config.receiver.grpc}"
    return serve(functools.partial(collector.run, config), line)
