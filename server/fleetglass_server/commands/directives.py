"""Halt, throttle and resume agents while they run.

Agents that run with FLEETGLASS_GUARD=1 learn of a directive within two seconds, and obey it at
their next step. Choose the agents with --agent, --version and --cohort, or take --all. Without an
ACTION, this lists the directives in force.
"""

import argparse
import getpass
import time

from fleetglass_collector.config import Config
from fleetglass_collector.control.directives import Directive, Scope, add, in_force
from fleetglass_collector.errors import FleetglassError, StoreError
from fleetglass_collector.ship.target import store_of
from fleetglass_collector.store.client import Store
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.commands.flags import duration, repeat_data_and_config

NAME = "directives"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="list the directives in force (the default)")
    halt = actions.add_parser("halt", help="stop agents at their next step")
    throttle = actions.add_parser("throttle", help="make agents wait between steps")
    throttle.add_argument(
        "--every",
        required=True,
        type=duration,
        metavar="TIME",
        help="at most one step in this time, for example 10s",
    )
    resume = actions.add_parser("resume", help="lift directives, so that agents run again")
    for action in (halt, throttle, resume):
        for name in ("agent", "version", "cohort"):
            action.add_argument(f"--{name}", default="", metavar="NAME", help=f"only this {name}")
        action.add_argument("--all", action="store_true", help="all agents of the tenant")
        action.add_argument(
            "--tenant", default="default", metavar="NAME", help="tenant (default: default)"
        )
        action.add_argument(
            "--reason", default="", metavar="TEXT", help="reason shown to the agent's author"
        )
    for action in (halt, throttle):
        action.add_argument(
            "--for",
            dest="duration",
            type=duration,
            default=0,
            metavar="TIME",
            help="end after this time, for example 2h (default: until 'resume')",
        )
    repeat_data_and_config(listing, halt, throttle, resume)


def run(config: Config, options: argparse.Namespace) -> int:
    store = store_of(config)
    try:
        return _run(store, options)
    except StoreError as error:
        raise with_advice(error, config, config.store.dsn or config.query.listen) from error
    finally:
        store.close()


def _run(store: Store, options: argparse.Namespace) -> int:
    if options.action in (None, "list"):
        print(table(in_force(store)))
        return 0
    scope = _scope(options)
    if options.action == "resume":
        return _resume(store, scope, options.reason)
    until = int(time.time() + options.duration) if options.duration else 0  # noqa: TID251
    directive = Directive(
        scope=scope,
        action=options.action,
        every_s=getattr(options, "every", 0.0),
        reason=options.reason,
        by=_user(),
        until=until,
    )
    add(store, [directive])
    print(f"{options.action}: {scope}")
    return 0


def _scope(options: argparse.Namespace) -> Scope:
    scope = Scope(
        tenant=options.tenant,
        agent=options.agent,
        version=options.version,
        cohort=options.cohort,
    )
    if not (options.agent or options.version or options.cohort or options.all):
        raise FleetglassError(
            "choose the agents: give --agent, --version or --cohort, or --all for all agents"
        )
    return scope


def _resume(store: Store, scope: Scope, reason: str) -> int:
    lifted = [directive for directive in in_force(store) if scope.covers(directive.scope)]
    if not lifted:
        print(f"There is no directive in force for {scope}.")
        return 1
    by = _user()
    scopes = [directive.scope for directive in lifted]
    add(store, [Directive(scope=each, action="resume", reason=reason, by=by) for each in scopes])
    for each in scopes:
        print(f"resume: {each}")
    return 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # In a container, the user id may have no name.
        return "unknown"


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
