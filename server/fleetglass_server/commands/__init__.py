"""The list of commands. Each is a module with NAME, arguments(parser) and run(config, options)."""

import argparse
from typing import Protocol

from fleetglass_collector.config import Config
from fleetglass_server.commands import (
    api,
    check,
    collect,
    costs,
    detect,
    directives,
    doctor,
    incidents,
    keys,
    prices,
    query,
    replay,
    settle,
    store,
    up,
)


class Command(Protocol):
    """A command module. Its docstring is the text of its --help."""

    @property
    def NAME(self) -> str: ...
    def arguments(self, parser: argparse.ArgumentParser, /) -> None: ...
    def run(self, config: Config, options: argparse.Namespace, /) -> int: ...


COMMANDS: tuple[Command, ...] = (
    up,
    collect,
    settle,
    detect,
    api,
    store,
    query,
    incidents,
    costs,
    check,
    prices,
    directives,
    replay,
    doctor,
    keys,
)
