"""Check this installation and say what to do about what is not right.

Looks at versions, clock, disk, keys, GPU, ports and the database; when a collector is running,
sends it a span and reads it back by SQL. The exit status is 1 when anything failed. Notes are
things to know, not failures.
"""

import argparse
import os
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from fleetglass_collector.config import Config
from fleetglass_server.doctor.check import Check, Level

NAME = "doctor"
_STYLES = {Level.OK: "green", Level.NOTE: "yellow", Level.FAIL: "bold red"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", help="directory, or http(s)://user:password@host:port")
    parser.add_argument(
        "--within", metavar="SECONDS", type=float, default=15.0, help="how long a span may take"
    )


def run(config: Config, options: argparse.Namespace) -> int:
    # The drivers that this imports take a while; the other commands go without.
    from fleetglass_server.doctor.examination import examine
    from fleetglass_server.doctor.round_trip import Patience

    key = os.environ.get("FLEETGLASS_KEY", "")
    patience = Patience(within_s=options.within, key=key)
    failed = show(examine(config, patience), Console(soft_wrap=True))
    return 1 if failed else 0


def show(checks: Iterable[Check], console: Console) -> int:
    """Print each check as it comes; return how many failed."""
    failed = 0
    for check in checks:
        failed += check.level is Level.FAIL
        line = Text(f"{check.level:4}", _STYLES[check.level])
        line.append(f"  {check.name:13}  {check.found}", "default")
        console.print(line)
        if check.advice:
            console.print(Text(f"      {'':13}  -> {check.advice}"))
    console.print(Text(f"\n{failed} failed" if failed else "\nNothing failed"))
    return failed
