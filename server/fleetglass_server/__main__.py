"""The command line: `fleetglass COMMAND`."""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetglass import __version__
from fleetglass_server.commands.flags import add_data_and_config

if TYPE_CHECKING:
    from fleetglass_server.commands import Command

# Flags that override a configuration key.
FLAGS = {"data": "data", "dsn": "store__dsn", "cluster": "store__cluster"}
EPILOG = """\
Run 'fleetglass COMMAND --help' for the options of one command.

Every setting can be a key of a TOML file (--config FILE) or an environment variable, for example
FLEETGLASS_DATA=/var/lib/fleetglass fleetglass up. docs/configuration.md lists all of them.
"""
SERVER_PACKAGES = ("chdb", "clickhouse_connect", "granian", "grpc", "rich", "yaml")


def main(arguments: list[str] | None = None) -> int:
    if missing := [name for name in SERVER_PACKAGES if importlib.util.find_spec(name) is None]:
        print(
            f"fleetglass: missing packages: {', '.join(missing)}. "
            "Install them with: pip install 'fleetglass[server]'",
            file=sys.stderr,
        )
        return 1
    # Import the server packages only after checking that they are installed.
    from fleetglass_collector.config import load
    from fleetglass_collector.errors import FleetglassError
    from fleetglass_server.commands import COMMANDS, command

    words = sys.argv[1:] if arguments is None else arguments
    # Only the help needs all of them.
    needed = words[:1] if words and words[0] in COMMANDS else COMMANDS
    parser = _parser([command(name) for name in needed])
    options = parser.parse_args(words)
    if not options.command:
        parser.print_help()
        return 2
    flags = {path: getattr(options, flag, None) for flag, path in FLAGS.items()}
    overrides = {path: value for path, value in flags.items() if value}
    try:
        return int(options.run(load(options.config, os.environ, **overrides), options))
    except FleetglassError as error:
        print(f"fleetglass: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The program that reads our output (head, less) has closed the pipe: flush nothing more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def _parser(commands: Sequence["Command"]) -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="fleetglass",
        usage="fleetglass [-h] [--version] COMMAND ...",
        description=_description(commands),
        epilog=EPILOG,
        formatter_class=plain,
    )
    parser.add_argument("--version", action="version", version=f"fleetglass {__version__}")
    actions = parser.add_subparsers(prog="fleetglass", dest="command", help=argparse.SUPPRESS)
    for command in commands:
        sub = actions.add_parser(
            command.NAME, description=(command.__doc__ or "").strip(), formatter_class=plain
        )
        add_data_and_config(sub)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def _description(commands: Sequence["Command"]) -> str:
    # argparse would break a long command name and its summary over two lines.
    summaries = {command.NAME: (command.__doc__ or "").strip() for command in commands}
    lines = [f"    {name:12}{text.splitlines()[0].rstrip('.')}" for name, text in summaries.items()]
    return "\n".join(("Observability for fleets of AI agents.", "", "commands:", *lines))


if __name__ == "__main__":
    sys.exit(main())
