"""Flags that several commands share."""

import argparse
from pathlib import Path

from fleetglass import ConfigurationError
from fleetglass.durations import seconds

DATA_HELP = "folder for all files on this machine"
CONFIG_HELP = "TOML file with settings"
DSN_HELP = "the database: a folder, or http(s)://user:password@host:port"
READER_DSN_HELP = "another database: http(s)://user:password@host:port"
READER_KEY_HELP = "key for the database of --dsn (default: the variable FLEETGLASS_KEY)"


def add_data_and_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help=DATA_HELP)
    parser.add_argument("--config", metavar="FILE", type=Path, help=CONFIG_HELP)


def repeat_data_and_config(*actions: argparse.ArgumentParser) -> None:
    """Accept --data and --config after an action too. The default is the value before it."""
    for action in actions:
        action.add_argument("--data", metavar="DIR", default=argparse.SUPPRESS, help=DATA_HELP)
        action.add_argument(
            "--config", metavar="FILE", type=Path, default=argparse.SUPPRESS, help=CONFIG_HELP
        )


def duration(text: str) -> float:
    """Read a duration as seconds. argparse shows a message only from its own kind of error."""
    try:
        return seconds(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
