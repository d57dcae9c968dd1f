"""Settle what has arrived: whose a span is, what it cost, what was told twice.

`fleetglass up` runs this beside the collector. Where several collectors feed one database, run them
with `fleetglass collect` and this once; a second one waits until the first is gone.
"""

import argparse
import functools
import os

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS

NAME = "settle"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory, or http(s)://user:password@host:port")


def run(config: Config, options: argparse.Namespace) -> int:
    # Before any thread is made: it gives way to what takes spans in.
    os.nice(NICENESS)
    from fleetglass_server.processes import settling as service
    from fleetglass_server.processes.process import serve

    return serve(functools.partial(service.run, config), "settling what arrives")
