"""Show what goes wrong in the fleet, and say what is to be done about it.

Without an action, lists what is not resolved, worst first. An incident is named by its id, or by as
much of it as tells it from the others.
"""

import argparse
import getpass
import json
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_collector.ship.target import store_of
from fleetglass_collector.store.client import Store
from fleetglass_server.commands.flags import duration, repeat_place
from fleetglass_server.commands.query import advised, shown
from fleetglass_server.incidents.incidents import (
    ACTIONS,
    STATES,
    Action,
    act,
    cycles,
    find_incident,
    history,
    list_incidents,
)

NAME = "incidents"
HELP = {
    "ack": "somebody looks after it",
    "silence": "nobody is to hear of it for a while",
    "resolve": "it is over",
    "reopen": "it is not over, nor looked after",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="what is not resolved; the default")
    listing.add_argument("--all", action="store_true", help="resolved ones, too")
    listing.add_argument("--state", choices=STATES, default="")
    listing.add_argument("--limit", type=int, default=100, metavar="N")
    show = actions.add_parser("show", help="one of them, with its evidence and its history")
    for sub in (listing, show):
        sub.add_argument("--json", action="store_true", help="JSON, an incident a line")
    acting = [actions.add_parser(name, help=HELP[name]) for name in ACTIONS]
    for sub in (show, *acting):
        sub.add_argument("id", metavar="ID")
    for sub in acting:
        sub.add_argument("--why", default="", help="what others will read")
    acting[ACTIONS.index("silence")].add_argument(
        "--for", dest="seconds", type=duration, required=True, metavar="TIME", help="such as 2h"
    )
    repeat_place(listing, show, *acting)


def run(config: Config, options: argparse.Namespace) -> int:
    store = store_of(config)
    try:
        for line in _done(store, options):
            print(shown(line))
    except StoreError as error:
        raise advised(error, config, "incidents") from error
    finally:
        store.close()
    return 0


def _done(store: Store, options: argparse.Namespace) -> Iterable[str]:
    if options.action in (None, "list"):
        asked = vars(options)
        rows = list_incidents(
            store,
            state=asked.get("state", ""),
            resolved=asked.get("all", False),
            limit=asked.get("limit", 100),
        )
        return map(json.dumps, rows) if asked.get("json") else _table(rows)
    incident = find_incident(store, options.id)
    if options.action == "show":
        whole = incident | {"history": history(store, incident), "cycles": cycles(store, incident)}
        return [json.dumps(whole)] if options.json else _page(whole)
    seconds = vars(options).get("seconds", 0.0)
    act(
        store,
        incident,
        Action(name=options.action, by=getpass.getuser(), why=options.why, seconds=seconds),
    )
    return [f"{incident['id']}: {options.action}"]


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "No incidents. 'fleetglass incidents list --all' shows those that are over."
        return
    width = shutil.get_terminal_size((140, 24)).columns
    yield f"{'ID':8}  {'SEVERITY':8}  {'STATE':12}  {'SINCE (UTC)':19}  {'COST':>9}  WHAT"
    for row in rows:
        head = (
            f"{row['id'][:8]}  {row['severity']:8}  {row['state']:12}  {row['first_at'][:19]}  "
            f"{_money(row):>9}  "
        )
        yield head + textwrap.shorten(
            row["summary"], max(40, width - len(head)), placeholder=" ..."
        )


def _page(row: Mapping[str, Any]) -> Iterator[str]:
    evidence = row["evidence"]
    yield f"{row['severity'].upper()}  {row['summary']}"
    yield ""
    yield from _facts(row, evidence)
    for reason in evidence.get("why", ()):
        yield f"  {'why':12}  {reason}"
    if row["cycles"]:
        yield ""
        yield from _side_by_side(row["cycles"])
    yield ""
    yield "history"
    for change in row["history"]:
        why = f" ({change['why']})" if change["why"] else ""
        yield f"  {change['at'][:19]}  {change['by']}: {change['what']}{why}"


def _facts(row: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[str]:
    is_run = row["about"] == "run"
    facts = {
        "id": row["id"],
        "state": ", by ".join(filter(None, (row["state"], row["said_by"]))),
        "silent until": row["silent_until"],
        "" if is_run else row["about"]: row["subject"],
        "agent": ", ".join(dict.fromkeys((row["agent"], *row["agents"]))) if is_run else "",
        "run": row["run"],
        "tenant": row["tenant"],
        "found by": ", ".join(
            f"{d} ({k})" for d, k in zip(row["detectors"], row["kinds"], strict=False)
        ),
        "began": f"{row['first_at'][:19]} UTC{_at_step(evidence)}",
        "last new": str(evidence.get("last_new_at", ""))[:19].replace("T", " "),
        "opened": f"{row['opened_at'][:19]} UTC{_times(row['opened'])}",
        "resolved": row["resolved_at"][:19],
        "since then": _since(row) if is_run else "",
        "too much": "" if is_run else _money(row),
        "burning": f"${row['usd_per_hour']:,.2f} an hour" if row["usd_per_hour"] else "",
    }
    return (f"  {name:12}  {value}" for name, value in facts.items() if value)


def _since(row: Mapping[str, Any]) -> str:
    return f"{row['spans']:,} spans, {row['tokens']:,} tokens, {_money(row)}"


def _at_step(evidence: Mapping[str, Any]) -> str:
    return f", at step {evidence['first_step']}" if evidence.get("first_step") else ""


def _side_by_side(pairs: Sequence[Sequence[Mapping[str, str]]]) -> Iterator[str]:
    half = max(30, (shutil.get_terminal_size((140, 24)).columns - 4) // 2)
    yield f"{'first cycle':{half}}  last cycle"
    for pair in pairs:
        for field in ("name", "asked", "answered"):
            cells = [_cell(field, step[field], half) for step in pair]
            if any(cells):
                yield "  ".join(f"{cell:{half}}" for cell in cells).rstrip()


def _cell(field: str, text: str, width: int) -> str:
    mark = {"name": "", "asked": "  > ", "answered": "  < "}[field]
    return textwrap.shorten(f"{mark}{text}", width, placeholder=" ...") if text else ""


def _money(row: Mapping[str, Any]) -> str:
    # Unpriced is not free.
    return "unpriced" if row["unpriced"] and not row["cost_usd"] else f"${row['cost_usd']:,.2f}"


def _times(opened: int) -> str:
    return f", {opened} times" if opened > 1 else ""
