"""Flags that several commands share."""

import argparse
import getpass
import os
from pathlib import Path

from fleetglass import ConfigurationError
from fleetglass.durations import seconds
from fleetglass_collector.access.owner import known_owner_key
from fleetglass_collector.config import Config
from fleetglass_collector.store.reader import Reader

DATA_HELP = "folder for all files on this machine"
CONFIG_HELP = "TOML file with settings"
DSN_HELP = "the database: a folder, or http(s)://user:password@host:port"
READER_DSN_HELP = "another database: http(s)://user:password@host:port"
READER_KEY_HELP = "key with scope 'read' (default: FLEETGLASS_KEY; not needed by the owner)"
API_HELP = "API of a running fleetglass, such as http://HOST:4319"
ADMIN_KEY_HELP = "key with scope 'admin' (default: FLEETGLASS_KEY; not needed by the owner)"


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


def add_reader(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add the flags for a database elsewhere; `again` after an action, where they may stand too."""
    default: str | None = argparse.SUPPRESS if again else None
    parser.add_argument("--dsn", metavar="URL", default=default, help=READER_DSN_HELP)
    parser.add_argument("--key", default=argparse.SUPPRESS if again else "", help=READER_KEY_HELP)


def add_api(parser: argparse.ArgumentParser) -> None:
    """Add the flags of commands that change something."""
    parser.add_argument("--api", metavar="URL", default="", help=API_HELP)
    parser.add_argument("--key", default=argparse.SUPPRESS, help=ADMIN_KEY_HELP)


def reader(config: Config, options: argparse.Namespace) -> Reader:
    return Reader.of(config, key=key(config, options))


def key(config: Config, options: argparse.Namespace) -> str:
    """Return the key of --key, else of the environment; empty if the owner's is at hand.

    FLEETGLASS_KEY is often set for agents, with a key that may only send spans.
    """
    is_elsewhere = config.is_remote or bool(getattr(options, "api", ""))
    is_owner = not is_elsewhere and known_owner_key(config.folder)
    variable = "" if is_owner else os.environ.get("FLEETGLASS_KEY", "")
    return str(getattr(options, "key", "") or variable)


def user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # In a container, the user id may have no name.
        return "unknown"


def duration(text: str) -> float:
    """Read a duration as seconds. argparse shows a message only from its own kind of error."""
    try:
        return seconds(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
