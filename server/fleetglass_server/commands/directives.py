"""Halt, throttle and resume agents while they run.

Agents that run with FLEETGLASS_GUARD=1 learn of a directive within two seconds, and obey it at
their next step. Choose the agents with --agent, --version and --cohort, or take --all. Without an
ACTION, this lists the directives in force.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from fleetglass_collector.config import Config
from fleetglass_collector.control.directives import Directive, Scope, in_force
from fleetglass_collector.errors import FleetglassError, StoreError
from fleetglass_server.api.client import Client
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.terminal import printable

NAME = "directives"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="list the directives in force (the default)")
    halt = actions.add_parser("halt", help="stop agents at their next step")
    throttle = actions.add_parser("throttle", help="make agents wait between steps")
    throttle.add_argument(
        "--every",
        required=True,
        type=flags.duration,
        metavar="TIME",
        help="at most one step in this time, for example 10s",
    )
    resume = actions.add_parser("resume", help="lift directives, so that agents run again")
    for action in (halt, throttle, resume):
        for name in ("agent", "version", "cohort"):
            action.add_argument(f"--{name}", default="", metavar="NAME", help=f"only this {name}")
        action.add_argument("--all", action="store_true", help="all agents of the tenant")
        action.add_argument(
            "--tenant", default="", metavar="NAME", help="tenant (default: that of the key)"
        )
        action.add_argument(
            "--reason", default="", metavar="TEXT", help="reason shown to the agent's author"
        )
    for action in (halt, throttle):
        action.add_argument(
            "--for",
            dest="duration",
            type=flags.duration,
            default=0,
            metavar="TIME",
            help="end after this time, for example 2h (default: until 'resume')",
        )
    flags.add_reader(parser)
    flags.add_reader(listing, again=True)
    for action in (halt, throttle, resume):
        flags.add_api(action)
    flags.repeat_data_and_config(listing, halt, throttle, resume)


def run(config: Config, options: argparse.Namespace) -> int:
    if options.action in (None, "list"):
        reader = flags.reader(config, options)
        try:
            print(printable(table(in_force(reader))))
        except StoreError as error:
            raise with_advice(error, config) from error
        return 0
    return _give(config, options)


def _give(config: Config, options: argparse.Namespace) -> int:
    client = Client.of(config, url=options.api, key=flags.key(config, options))
    names = ("action", "agent", "version", "cohort", "all", "tenant", "reason")
    document = {name: getattr(options, name) for name in names}
    document |= {"by": flags.user_name(), "every_s": getattr(options, "every", 0.0)}
    document["seconds"] = getattr(options, "duration", 0.0)
    if not (options.agent or options.version or options.cohort or options.all):
        raise FleetglassError(
            "choose the agents: give --agent, --version or --cohort, or --all for all agents"
        )
    answer = client.post("/v1/directives", document)
    scopes = [Scope(**scope) for scope in answer["scopes"]]
    if not scopes:
        print("No such directive is in force. To see those that are: fleetglass directives")
        return 1
    for scope in scopes:
        print(printable(f"{options.action}: {scope}"))
    if options.action != "resume":
        print(printable("\n".join(_notes(answer, options.agent))))
    return 0


def _notes(answer: Mapping[str, Any], agent: str) -> Iterator[str]:
    if not answer["seen"]:
        near = ", ".join(map(repr, answer["near"]))
        yield f"Note: no span of an agent {agent!r} has arrived{'' if near else '.'}" + (
            f"; the names most like it are {near}." if near else ""
        )
    yield (
        "Agents that run with the guard on (FLEETGLASS_GUARD=1) obey at their next step; "
        "others do not notice."
    )


def table(directives: list[Directive]) -> str:
    if not directives:
        return "No directives are in force: every agent may run."
    rows = [("ACTION", "AGENTS", "SINCE (UTC)", "BY", "REASON")]
    for each in directives:
        action = f"throttle {each.every_s:g}s" if each.action == "throttle" else each.action
        rows.append((action, str(each.scope), each.since[:19], each.by, each.reason))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
