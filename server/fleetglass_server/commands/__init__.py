"""The list of commands. Each is a module with NAME, arguments(parser) and run(config, options)."""

import argparse
from importlib import import_module
from typing import Protocol, cast

from fleetglass_collector.config import Config

COMMANDS = (
    "up",
    "collect",
    "settle",
    "detect",
    "api",
    "store",
    "query",
    "incidents",
    "costs",
    "check",
    "fleet",
    "tiers",
    "approvals",
    "prices",
    "directives",
    "audit",
    "replay",
    "doctor",
    "keys",
)


class Command(Protocol):
    """A command module. Its docstring is the text of its --help."""

    @property
    def NAME(self) -> str: ...
    def arguments(self, parser: argparse.ArgumentParser, /) -> None: ...
    def run(self, config: Config, options: argparse.Namespace, /) -> int: ...


def command(name: str) -> Command:
    """Import a command's module. The others stay unloaded, so that each process starts quickly."""
    return cast(Command, import_module(f"fleetglass_server.commands.{name}"))
