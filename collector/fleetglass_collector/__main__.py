"""The command line: `fleetglass COMMAND`."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path

from fleetglass import __version__

# Flags that stand for a key of the configuration.
FLAGS = {"data": "data", "dsn": "store__dsn", "cluster": "store__cluster"}
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
    from fleetglass_collector.commands import COMMANDS
    from fleetglass_collector.config import load
    from fleetglass_collector.errors import FleetglassError

    parser = argparse.ArgumentParser(prog="fleetglass", description="See a fleet of AI agents.")
    parser.add_argument("--version", action="version", version=f"fleetglass {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        summary = (command.__doc__ or "").strip().splitlines()[0]
        sub = commands.add_parser(command.NAME, help=summary, description=command.__doc__)
        sub.add_argument("--data", metavar="DIR", help="folder for everything kept on this machine")
        sub.add_argument("--config", metavar="FILE", type=Path, help="TOML file")
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        given = {path: getattr(options, flag, None) for flag, path in FLAGS.items()}
        overrides = {path: value for path, value in given.items() if value}
        return int(options.run(load(options.config, os.environ, **overrides), options))
    except FleetglassError as error:
        print(f"fleetglass: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
