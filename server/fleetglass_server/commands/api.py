"""Serve the API alone: incidents over HTTP, for people and their tools.

`fleetglass up` runs this beside the collector.
"""

import argparse
import functools
import os

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS

NAME = "api"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory, or http(s)://user:password@host:port")


def run(config: Config, options: argparse.Namespace) -> int:
    # Before any thread starts, so that all of them give way to what takes spans in.
    os.nice(NICENESS)
    from fleetglass_server.processes import api
    from fleetglass_server.processes.process import serve

    return serve(functools.partial(api.run, config), f"answering on {config.api.listen}")
