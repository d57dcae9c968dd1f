"""The command line: `fleetglass COMMAND`."""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetglass import __version__
from fleetglass_server.commands.flags import add_place

if TYPE_CHECKING:
    from fleetglass_server.commands import Command

# Flags that stand for a key of the configuration.
FLAGS = {"data": "data", "dsn": "store__dsn", "cluster": "store__cluster"}
EPILOG = """\
'fleetglass COMMAND --help' says more. Every setting is in docs/configuration.md: a key of a TOML
file (--config), or a variable, as in FLEETGLASS_DATA=/var/lib/fleetglass fleetglass up.
"""
SERVER_PACKAGES = ("chdb", "clickhouse_connect", "granian", "grpc")


def main(arguments: list[str] | None = None) -> int:
    if missing := [name for name in SERVER_PACKAGES if importlib.util.find_spec(name) is None]:
        print(
            f"fleetglass: {', '.join(missing)} not installed. "
            "Install the server side with: pip install 'fleetglass[server]'",
            file=sys.stderr,
        )
        return 1
    # The server side is imported only once it is known to be there.
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
    given = {path: getattr(options, flag, None) for flag, path in FLAGS.items()}
    overrides = {path: value for path, value in given.items() if value}
    try:
        return int(options.run(load(options.config, os.environ, **overrides), options))
    except FleetglassError as error:
        print(f"fleetglass: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output, head or less, has seen enough. Nothing more is to be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def _parser(commands: Sequence["Command"]) -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="fleetglass",
        description="See a fleet of AI agents.",
        epilog=EPILOG,
        formatter_class=plain,
    )
    parser.add_argument("--version", action="version", version=f"fleetglass {__version__}")
    actions = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in commands:
        text = (command.__doc__ or "").strip()
        summary = text.splitlines()[0].rstrip(".:")
        sub = actions.add_parser(
            command.NAME, help=summary, description=text, formatter_class=plain
        )
        add_place(sub)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
