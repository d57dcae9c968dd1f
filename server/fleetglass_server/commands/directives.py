"""Halt, throttle and resume agents while they run.

Agents whose author switched the guard on (FLEETGLASS_GUARD=1) obey at their next step, within two
seconds. A directive holds for all agents that it does not tell apart: name an agent, a version, a
cohort, or say --all. Without an action, shows what holds now.
"""

import argparse
import getpass
import time

from fleetglass_collector.config import Config
from fleetglass_collector.control.directives import Directive, Scope, give, standing
from fleetglass_collector.errors import FleetglassError, StoreError
from fleetglass_collector.ship.target import store_of
from fleetglass_collector.store.client import Store
from fleetglass_server.commands.advice import advised
from fleetglass_server.commands.flags import duration, repeat_place

NAME = "directives"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="what holds now")
    halt = actions.add_parser("halt", help="no further step")
    throttle = actions.add_parser("throttle", help="fewer steps")
    throttle.add_argument(
        "--every", required=True, type=duration, help="from step to step, such as 10s"
    )
    resume = actions.add_parser("resume", help="lift what holds")
    for action in (halt, throttle, resume):
        for name in ("agent", "version", "cohort"):
            action.add_argument(f"--{name}", default="", metavar="NAME")
        action.add_argument("--all", action="store_true", help="all agents of the tenant")
        action.add_argument("--tenant", default="default", metavar="NAME")
        action.add_argument("--reason", default="", help="what the agent's author will read")
    for action in (halt, throttle):
        action.add_argument("--for", dest="duration", type=duration, default=0, help="such as 2h")
    repeat_place(listing, halt, throttle, resume)


def run(config: Config, options: argparse.Namespace) -> int:
    store = store_of(config)
    try:
        return _run(store, options)
    except StoreError as error:
        raise advised(error, config, config.store.dsn or config.query.listen) from error
    finally:
        store.close()


def _run(store: Store, options: argparse.Namespace) -> int:
    if options.action in (None, "list"):
        print(listed(standing(store)))
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
        by=_who(),
        until=until,
    )
    give(store, [directive])
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
        raise FleetglassError("say whom: --agent, --version or --cohort; or --all for all agents")
    return scope


def _resume(store: Store, scope: Scope, reason: str) -> int:
    lifted = [one for one in standing(store) if scope.covers(one.scope)]
    if not lifted:
        print(f"nothing holds for {scope}")
        return 1
    by = _who()
    resumed = [Directive(scope=one.scope, action="resume", reason=reason, by=by) for one in lifted]
    give(store, resumed)
    for one in lifted:
        print(f"resume: {one.scope}")
    return 0


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # In a container there may be no name.
        return "unknown"


def listed(directives: list[Directive]) -> str:
    if not directives:
        return "Nothing holds: every agent may go on."
    rows = [("ACTION", "WHOM", "SINCE (UTC)", "BY", "WHY")]
    for one in directives:
        action = f"throttle {one.every_s:g}s" if one.action == "throttle" else one.action
        rows.append((action, str(one.scope), one.since[:19], one.by, one.reason))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
