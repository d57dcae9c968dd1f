"""Watch the fleet: say what goes wrong, as signals and incidents in the database.

`fleetglass up` runs this beside the collector. A fleet that is too large for one can be shared:
run it N times, with --shard 0/N to --shard N-1/N, each with a --data folder of its own.
"""

import argparse
import functools
import os
import re

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS

NAME = "detect"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory, or http(s)://user:password@host:port")
    parser.add_argument(
        "--shard", metavar="I/N", type=_shard, default=(0, 1), help="its part of the fleet"
    )


def run(config: Config, options: argparse.Namespace) -> int:
    # Before any thread is made: it gives way to what takes spans in.
    os.nice(NICENESS)
    from fleetglass_server.processes import detecting
    from fleetglass_server.processes.declared import fleet_of
    from fleetglass_server.processes.process import serve

    fleet = fleet_of(config)
    return serve(
        functools.partial(detecting.run, config, fleet, options.shard),
        "watching what the fleet does",
    )


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or int(found[1]) >= int(found[2]):
        raise argparse.ArgumentTypeError(f"a shard is like 0/4 to 3/4, not {text!r}")
    return int(found[1]), int(found[2])
