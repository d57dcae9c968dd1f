"""List, show, acknowledge, silence and resolve incidents.

Without an ACTION, this lists the incidents that are not resolved, the most severe first. ID is an
incident's id, or the first letters of it if no other incident begins with them.
"""

import argparse
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.reader import Reader
from fleetglass_server.api.client import Client
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.incidents.incidents import (
    ACTIONS,
    STATES,
    cycles,
    find_incident,
    history,
    list_incidents,
    run_now,
)
from fleetglass_server.incidents.page import money, page
from fleetglass_server.terminal import printable

NAME = "incidents"
NONE_OPEN = "No incidents. To see resolved ones: fleetglass incidents list --all"
NONE_AT_ALL = "No incidents."
LONGEST_LINE = 10_000
HELP = {
    "ack": "acknowledge an incident: somebody works on it",
    "silence": "mark an incident as silenced for some time",
    "resolve": "close an incident: it is over",
    "reopen": "open a resolved or acknowledged incident again",
}
DONE = {
    "ack": "is acknowledged",
    "silence": "is silenced",
    "resolve": "is resolved",
    "reopen": "is open again",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="list incidents that are not resolved (the default)")
    listing.add_argument("--all", action="store_true", help="list resolved incidents too")
    listing.add_argument("--state", choices=STATES, default="", help="only incidents in this state")
    listing.add_argument(
        "--limit", type=int, default=100, metavar="N", help="at most N incidents (default: 100)"
    )
    show = actions.add_parser("show", help="show one incident with its evidence and history")
    for sub in (listing, show):
        sub.add_argument("--json", action="store_true", help="print one JSON object per incident")
    acting = [actions.add_parser(name, help=HELP[name]) for name in ACTIONS]
    for sub in (show, *acting):
        sub.add_argument("id", metavar="ID", help="id, or the first letters of it")
    for sub in acting:
        sub.add_argument("--why", default="", metavar="TEXT", help="reason, shown in the history")
    acting[ACTIONS.index("silence")].add_argument(
        "--for",
        dest="seconds",
        type=flags.duration,
        required=True,
        metavar="TIME",
        help="how long, for example 2h",
    )
    flags.add_reader(parser)
    for sub in (listing, show):
        flags.add_reader(sub, again=True)
    for sub in acting:
        flags.add_api(sub)
    flags.repeat_data_and_config(listing, show, *acting)


def run(config: Config, options: argparse.Namespace) -> int:
    if options.action in ACTIONS:
        print(printable(_act(config, options)))
        return 0
    reader = flags.reader(config, options)
    try:
        for line in _show(reader, options) if options.action == "show" else _list(reader, options):
            print(printable(line))
    except StoreError as error:
        raise with_advice(error, config) from error
    return 0


def _list(reader: Reader, options: argparse.Namespace) -> Iterable[str]:
    # Without an action, argparse sets none of these options.
    filters = vars(options)
    rows = list_incidents(
        reader,
        state=filters.get("state") or "",
        resolved=filters.get("all", False),
        limit=filters.get("limit", 100),
    )
    if filters.get("json"):
        return map(json.dumps, rows)
    is_all = filters.get("all") or filters.get("state")
    return _table(rows, none=NONE_AT_ALL if is_all else NONE_OPEN)


def _show(reader: Reader, options: argparse.Namespace) -> Iterable[str]:
    incident = find_incident(reader, options.id)
    whole = incident | {
        "history": history(reader, incident),
        "cycles": cycles(reader, incident),
        "now": run_now(reader, incident),
    }
    return [json.dumps(whole)] if options.json else page(whole)


def _act(config: Config, options: argparse.Namespace) -> str:
    client = Client.of(config, url=options.api, key=flags.key(config, options))
    document = {"by": flags.user_name(), "why": options.why}
    if options.action == "silence":
        document["seconds"] = options.seconds
    answer = client.post(f"/v1/incidents/{options.id}/{options.action}", document)
    return f"Incident {answer['id'][:8]} {DONE[options.action]}."


def _table(rows: Sequence[Mapping[str, Any]], *, none: str) -> Iterator[str]:
    if not rows:
        yield none
        return
    # What another program reads is not cut.
    width = shutil.get_terminal_size((140, 24)).columns if sys.stdout.isatty() else LONGEST_LINE
    yield f"{'ID':8}  {'SEVERITY':8}  {'STATE':12}  {'SINCE (UTC)':19}  {'COST':>9}  SUMMARY"
    for row in rows:
        head = (
            f"{row['id'][:8]}  {row['severity']:8}  {row['state']:12}  {row['first_at'][:19]}  "
            f"{money(row):>9}  "
        )
        yield head + textwrap.shorten(
            row["summary"], max(40, width - len(head)), placeholder=" ..."
        )
