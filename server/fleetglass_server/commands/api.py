"""Serve the HTTP API, which shows and changes incidents.

'fleetglass up' starts this process too.
"""

import argparse
import functools
import os

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS
from fleetglass_server.commands.flags import DSN_HELP

NAME = "api"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", metavar="DSN", help=DSN_HELP)


def run(config: Config, options: argparse.Namespace) -> int:
    # Lower our priority below the collector's, before any thread starts: threads inherit it.
    os.nice(NICENESS)
    from fleetglass_server.processes import api
    from fleetglass_server.processes.process import serve

    return serve(functools.partial(api.run, config), f"the API listens on {config.api.listen}")
