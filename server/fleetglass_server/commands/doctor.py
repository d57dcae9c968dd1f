"""Check this installation, and say how to fix what is wrong.

It checks versions, clock, disk, keys, ports and the database. If a collector is running, it sends
a test span and reads it back with SQL; that span counts for no agent. The exit status is 1 if a
check failed. A note is only information: it is not a failure.
"""

import argparse
import os
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from fleetglass_collector.access.owner import known_owner_key
from fleetglass_collector.config import Config
from fleetglass_server.commands.flags import DSN_HELP
from fleetglass_server.doctor.check import Check, Level

NAME = "doctor"
_STYLES = {Level.OK: "green", Level.NOTE: "yellow", Level.FAIL: "bold red"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dsn", metavar="DSN", help=DSN_HELP)
    parser.add_argument(
        "--within",
        metavar="SECONDS",
        type=float,
        default=15.0,
        help="how long the test span may take to reach the database (default: 15)",
    )


def run(config: Config, options: argparse.Namespace) -> int:
    # Importing these is slow; other commands do not need them.
    from fleetglass_server.doctor.examination import examine
    from fleetglass_server.doctor.round_trip import Patience

    key = known_owner_key(config.folder) or os.environ.get("FLEETGLASS_KEY", "")
    patience = Patience(within_s=options.within, key=key)
    failed = show(examine(config, patience), Console(soft_wrap=True))
    return 1 if failed else 0


def show(checks: Iterable[Check], console: Console) -> int:
    """Print each check as soon as it is done; return how many failed."""
    failed = 0
    for check in checks:
        failed += check.level is Level.FAIL
        line = Text(f"{check.level:4}", _STYLES[check.level])
        line.append(f"  {check.name:13}  {check.finding}", "default")
        console.print(line)
        if check.advice:
            console.print(Text(f"      {'':13}  -> {check.advice}"))
    console.print(Text(f"\nFailed checks: {failed}" if failed else "\nAll checks passed."))
    return failed
