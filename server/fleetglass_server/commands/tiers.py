"""Show what each agent has earned: who is ready for the next tier, and who must lose one.

A task is a run in which the agent did something of a class of action. It went well if it did not
fail, nobody complained (feedback) and it had no incident. The evidence may be looked at as often as
you like: an agent that is no better than promised is recommended in one of twenty cases at most.
Nothing is changed: edit fleet.yaml to follow the advice.
"""

import argparse
import json

from rich.console import Console

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.terminal import printable

NAME = "tiers"
DAY_S = 86_400.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", metavar="AGENT", nargs="?", default="", help="only this agent")
    parser.add_argument(
        "--since",
        type=flags.duration,
        default=90 * DAY_S,
        metavar="TIME",
        help="how far back, such as 90d (the default)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    flags.add_reader(parser)


def run(config: Config, options: argparse.Namespace) -> int:
    # Importing the detectors is slow; other commands do not need them.
    from fleetglass.autonomy.policy import Policy
    from fleetglass_server.policies.in_force import history
    from fleetglass_server.tiers import report
    from fleetglass_server.tiers.record import record

    reader = flags.reader(config, options)
    try:
        policies = history(reader)
        policy = policies[-1][1] if policies else Policy()
        tasks = record(reader, policy, agent=options.agent, seconds=options.since)
    except StoreError as error:
        raise with_advice(error, config) from error
    found = report.lines(tasks, policies)
    if options.json:
        for row in report.rows(found):
            print(json.dumps(row))
    elif found:
        Console().print(report.table(found, policy))
        for reason in report.reasons(found):
            print(printable(reason))
    else:
        whom = f"of {options.agent!r} " if options.agent else ""
        print(f"No action {whom}that changes something was recorded in this time.")
    return 0
