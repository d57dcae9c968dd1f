"""Serve the embedded store alone: ClickHouse's HTTP protocol over a folder."""

import argparse
import functools

from fleetglass_collector.config import Config

NAME = "store"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory that holds the store")


def run(config: Config, options: argparse.Namespace) -> int:
    # chDB is large: only the process that needs it loads it.
    from fleetglass_collector.embedded import serve as embedded
    from fleetglass_collector.process import serve

    line = f"the store answers on {config.query.listen}, from {str(config.store_folder)!r}"
    return serve(functools.partial(embedded.run, config), line)
