"""Read, check, compare, try out and draft fleet.yaml, which says what agents may do.

Changes of the file take effect within seconds while fleetglass runs. Try them first:
'fleetglass fleet test fleet.yaml' judges the last days by the file and says what would change.
"""

import argparse
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError, StoreError
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.terminal import printable

if TYPE_CHECKING:
    from fleetglass.autonomy.policy import Policy

NAME = "fleet"
DAY_S = 86_400.0


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    validate = actions.add_parser("validate", help="check a file and say what it declares")
    show = actions.add_parser("show", help="show what each agent may do, as it holds now")
    diff = actions.add_parser("diff", help="compare a file with what holds now")
    test = actions.add_parser("test", help="judge the last days by a file, and say what changes")
    init = actions.add_parser("init", help="draft a file from what the fleet has been doing")
    schema = actions.add_parser("schema", help="print the JSON Schema of the file, for editors")
    for action in (validate, diff, test):
        action.add_argument("file", metavar="FILE", type=Path, help="a fleet.yaml")
    for action in (show, diff, test, init):
        flags.add_reader(action)
    for action in (test, init):
        action.add_argument(
            "--since",
            type=flags.duration,
            default=7 * DAY_S,
            metavar="TIME",
            help="how far back, such as 7d (the default)",
        )
    for action in (show, test):
        action.add_argument("--json", action="store_true", help="print one JSON object per line")
    flags.repeat_data_and_config(validate, show, diff, test, init, schema)


def run(config: Config, options: argparse.Namespace) -> int:
    actions: dict[str, Callable[[Config, argparse.Namespace], int]] = {
        "validate": _validate,
        "show": _show,
        "diff": _diff,
        "test": _test,
        "init": _init,
        "schema": _schema,
    }
    try:
        return actions[options.action](config, options)
    except StoreError as error:
        raise with_advice(error, config) from error


def _validate(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_server.processes.fleet_file import load_fleet

    fleet = load_fleet(config, options.file)
    found = [f"{len(fleet.polling)} polling rules", f"{len(fleet.budgets)} budgets"]
    if policy := fleet.autonomy:
        permissions = sum(len(standing.may) for standing in policy.agents)
        found += [f"{len(policy.agents):,} agents with {permissions:,} permissions"]
        found += [f"{len(policy.kinds)} kinds of actions"]
    print(f"{options.file} is valid: {', '.join(found)}")
    if fleet.autonomy is None:
        print("It has no section 'autonomy': what agents may do is not watched.")
    return 0


def _show(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_server.policies import table
    from fleetglass_server.policies.in_force import in_force

    policy = in_force(flags.reader(config, options))
    if options.json:
        for row in table.rows(policy):
            print(json.dumps(row))
        return 0
    if not policy.agents:
        print("No policy is in force: draft one with 'fleetglass fleet init > fleet.yaml',")
        print('and name it in the configuration (fleet = "fleet.yaml") or FLEETGLASS_FLEET.')
        return 0
    console = Console()
    console.print(table.table(policy))
    console.print(printable(table.meaning(policy)), highlight=False)
    return 0


def _diff(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_server.policies.difference import differences
    from fleetglass_server.policies.in_force import in_force

    then = _policy(config, options.file)
    now = in_force(flags.reader(config, options))
    changes = [*differences(now, then)]
    if not changes and now.digest != then.digest:
        changes = ["~ something that this comparison does not show"]
    for change in changes or ["nothing changes"]:
        print(printable(change))
    return 0


def _test(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_server.policies import trial
    from fleetglass_server.policies.in_force import in_force

    then = _policy(config, options.file)
    reader = flags.reader(config, options)
    with Console(stderr=True).status("judging the last runs by both policies"):
        tried = trial.tried(reader, in_force(reader), then, options.since)
    for line in trial.lines(tried) if options.json else trial.sentences(tried):
        print(printable(line))
    return 0


def _init(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_server.policies import draft

    did = draft.seen(flags.reader(config, options), options.since)
    for line in draft.drafted(did, options.since / DAY_S):
        print(printable(line))
    return 0


def _schema(config: Config, options: argparse.Namespace) -> int:
    print((files("fleetglass_detectors") / "fleet.schema.json").read_text(), end="")
    return 0


def _policy(config: Config, file: Path) -> "Policy":
    from fleetglass_server.processes.fleet_file import load_fleet

    policy = load_fleet(config, file).autonomy
    if policy is None:
        raise ConfigError(f"{str(file)!r} has no section 'autonomy'")
    return policy
