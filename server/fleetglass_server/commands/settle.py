"""Work out the agent and the cost of each span, and count duplicates once.

'fleetglass up' starts this process too. If several collectors write to one database, run them with
'fleetglass collect', and run this once: a second one waits until the first has ended.
"""

import argparse
import functools
import os

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS
from fleetglass_server.commands.flags import DSN_HELP

NAME = "settle"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", metavar="DSN", help=DSN_HELP)


def run(config: Config, options: argparse.Namespace) -> int:
    # Lower our priority below the collector's, before any thread starts: threads inherit it.
    os.nice(NICENESS)
    from fleetglass_server.processes import settling
    from fleetglass_server.processes.process import serve

    return serve(functools.partial(settling.run, config), "the settling process runs")
