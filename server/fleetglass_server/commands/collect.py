"""Run the collector: OTLP in, journalled, inserted into the database that the DSN names.

With a directory as DSN it starts the embedded store beside it.
"""

import argparse
import functools

from fleetglass_collector.config import Config
from fleetglass_server.commands.up import tree

NAME = "collect"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory, or http(s)://user:password@host:port")
    parser.add_argument("--cluster", help="make the tables ON CLUSTER, replicated and distributed")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)


def run(config: Config, options: argparse.Namespace) -> int:
    if not config.is_remote and not options.alone:
        return tree(config, options)
    # Heavy imports wait until this is the process that needs them.
    from fleetglass_collector import collector
    from fleetglass_server.processes.process import serve

    line = f"taking OTLP/HTTP on {config.receiver.http} and OTLP/gRPC on {config.receiver.grpc}"
    return serve(functools.partial(collector.run, config), line)
