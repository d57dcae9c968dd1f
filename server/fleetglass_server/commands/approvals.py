"""See what agents ask to be approved, and grant or deny it.

An agent that has to ask waits for the answer. A grant is for exactly the arguments that it asked
for, and the agent itself can never give it.
"""

import argparse
import json
from typing import Any

from fleetglass_collector.config import Config
from fleetglass_collector.control.approvals import approvals
from fleetglass_collector.errors import StoreError
from fleetglass_server.api.client import Client
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.terminal import printable

NAME = "approvals"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="list the requests that wait (the default)")
    listing.add_argument("--all", action="store_true", help="also those that are decided")
    grant = actions.add_parser("grant", help="allow one action")
    deny = actions.add_parser("deny", help="refuse it")
    for action in (grant, deny):
        action.add_argument("id", metavar="ID", help="the id, or how it begins")
        action.add_argument("--why", default="", help="kept with the decision")
        action.add_argument("--by", default="", help="who decides (default: your user name)")
        flags.add_api(action)
    for action in (parser, listing):
        action.add_argument("--json", action="store_true", help="print one JSON object per line")
    flags.add_reader(parser)
    flags.add_reader(listing, again=True)
    flags.repeat_data_and_config(listing, grant, deny)


def run(config: Config, options: argparse.Namespace) -> int:
    if options.action in (None, "list"):
        state = "" if getattr(options, "all", False) else "pending"
        reader = flags.reader(config, options)
        try:
            rows = approvals(reader, state=state)
        except StoreError as error:
            raise with_advice(error, config) from error
        _print(rows, state, as_json=options.json)
        return 0
    client = Client.of(config, url=options.api, key=flags.key(config, options))
    document = {"by": options.by or flags.user_name(), "why": options.why}
    answer = client.post(f"/v1/approvals/{options.id}/{options.action}", document)
    print(printable(f"{answer['state']}: {sentence(answer)}"))
    return 0


def sentence(row: dict[str, Any]) -> str:
    """Say what an agent asks for."""
    amount = f", amount {row['amount']:,g}" if row["amount"] is not None else ""
    lineage = f" for {' for '.join(row['lineage'])}" if row["lineage"] else ""
    name = row["tool"] or row["action"]
    return f"{row['agent']}{lineage} wants to call {name} ({row['action_class']}{amount})"


def _print(rows: list[dict[str, Any]], state: str, *, as_json: bool) -> None:
    for row in rows:
        if as_json:
            print(json.dumps(row))
            continue
        by = f" by {row['decided_by']}" if row["decided_by"] else ""
        print(printable(f"{row['id'][:8]}  {row['at'][:19]}  {row['state']}{by}: {sentence(row)}"))
        if row["arguments"]:
            print(printable(f"          {row['arguments'][:300]}"))
        if row["reason"]:
            print(printable(f"          {row['reason']}"))
    if not rows and not as_json:
        print("No agent waits for an approval." if state else "No agent has asked for anything.")
    elif not as_json and state:
        print("Grant or deny: fleetglass approvals grant|deny ID --why '...'")
