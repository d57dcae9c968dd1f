"""Serve the embedded store alone: ClickHouse's HTTP protocol over a folder."""

import argparse
import functools
import os

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS

NAME = "store"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory that holds the store")


def run(config: Config, options: argparse.Namespace) -> int:
    # A thread has the niceness of the one that made it: this comes before any other.
    os.nice(NICENESS)
    # A batch thread that wakes up does not push the receiver off its core.
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    # chDB is large: only the process that needs it loads it.
    from fleetglass_collector.embedded import serve as embedded
    from fleetglass_server.processes.process import serve

    line = f"the store answers on {config.query.listen}, from {str(config.store_folder)!r}"
    return serve(functools.partial(embedded.run, config), line)
