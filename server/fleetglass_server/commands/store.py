"""Serve the embedded database over ClickHouse's HTTP protocol.

'fleetglass up' starts this process too, unless --dsn names a ClickHouse server.
"""

import argparse
import functools
import os
from pathlib import Path

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.engine.limits import NICENESS
from fleetglass_collector.errors import ConfigError

NAME = "store"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", metavar="DIR", help="folder of the database (default: DATA/store)")


def run(config: Config, options: argparse.Namespace) -> int:
    # Lower our priority below the collector's, before any thread starts: threads inherit it.
    os.nice(NICENESS)
    # With batch scheduling, a thread that wakes up does not preempt the collector.
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    # chDB is large: only this process loads it.
    from fleetglass_collector.embedded import serve as embedded
    from fleetglass_server.processes.process import serve

    line = f"the store listens on {config.query.listen}, folder {str(config.store_folder)!r}"
    config = config.with_absolute_paths()
    _work_in(config.store_folder)
    return serve(functools.partial(embedded.run, config), line)


def _work_in(folder: Path) -> None:
    """Change the working folder: the engine writes a copy of OTLP's schema to `__cache__` in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
    except OSError as error:
        raise ConfigError(f"cannot use {str(folder)!r}: {error.strerror}") from error
