"""What the commands' flags have in common."""

import argparse
from pathlib import Path

from fleetglass import ConfigurationError
from fleetglass.durations import seconds


def add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="folder for everything kept on this machine")
    parser.add_argument("--config", metavar="FILE", type=Path, help="TOML file")


def repeat_place(*actions: argparse.ArgumentParser) -> None:
    """Take the same after a command's action; left out there, what stands before it counts."""
    for action in actions:
        action.add_argument(
            "--data", metavar="DIR", default=argparse.SUPPRESS, help="may stand here too"
        )
        action.add_argument(
            "--config",
            metavar="FILE",
            type=Path,
            default=argparse.SUPPRESS,
            help="may stand here too",
        )


def duration(text: str) -> float:
    """Seconds, for argparse, which keeps only its own errors' words."""
    try:
        return seconds(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
