"""Watch the fleet, and record signals and incidents in the database.

'fleetglass up' starts this process too. If the fleet is too large for one process, run N of them
with --shard 0/N to --shard N-1/N. Give each its own --data folder.
"""

import argparse
import functools
import os
import re

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS
from fleetglass_server.commands.flags import DSN_HELP

NAME = "detect"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", metavar="DSN", help=DSN_HELP)
    parser.add_argument(
        "--shard",
        metavar="I/N",
        type=_shard,
        default=(0, 1),
        help="watch only part I of N of the fleet (default: 0/1, all of it)",
    )


def run(config: Config, options: argparse.Namespace) -> int:
    # Lower our priority below the collector's, before any thread starts: threads inherit it.
    os.nice(NICENESS)
    from fleetglass_server.processes import detecting
    from fleetglass_server.processes.fleet_file import FleetFile
    from fleetglass_server.processes.process import serve

    file = FleetFile(config)
    return serve(
        functools.partial(detecting.run, config, file, options.shard),
        "the detectors watch the fleet",
    )


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or int(match[1]) >= int(match[2]):
        raise argparse.ArgumentTypeError(
            f"write I/N with I below N, for example 0/4, 1/4, 2/4 or 3/4; not {text!r}"
        )
    return int(match[1]), int(match[2])
