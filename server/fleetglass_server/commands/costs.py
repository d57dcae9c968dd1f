"""Say what the fleet cost, of whom, and why that changed: fleetglass costs --by model --since 7d.

Each line is compared with the same while before it; below the table stands why the sum changed, in
dollars that add up, and which runs cost most. By tool, a model call's cost goes to the tools whose
results it read; that looks at every span, a second or two for a million.

With --reconcile the spans are held against a provider's bill, a CSV file that has a day, dollars or
tokens, and models. It exits with 1 where they differ by more than --tolerance.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.reader import Reader
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.terminal import printable

NAME = "costs"
BY = ("agent", "model", "cohort", "tenant", "tool")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", choices=BY, default="agent", help="agent, if not said")
    parser.add_argument(
        "--since", default="24h", metavar="TIME", help="such as 90m, 24h, 7d or 2026-09-21"
    )
    parser.add_argument(
        "--until", default="", metavar="TIME", help="the same; now, if not said; UTC"
    )
    parser.add_argument("--tenant", default="", metavar="NAME", help="only this one's")
    parser.add_argument("--limit", type=_count, default=20, metavar="N", help="lines shown (20)")
    parser.add_argument("--json", action="store_true", help="one object a line")
    bill = parser.add_argument_group("a provider's bill")
    bill.add_argument("--reconcile", type=Path, metavar="FILE", help="CSV")
    bill.add_argument(
        "--bill-timezone", default="UTC", metavar="ZONE", help="of the bill's days (UTC)"
    )
    bill.add_argument("--bill-project", default="", metavar="NAME", help="only these lines of it")
    bill.add_argument("--provider", default="", metavar="NAME", help="whose bill; else by models")
    bill.add_argument(
        "--tolerance", type=_share, default=0.01, metavar="SHARE", help="such as 1%% (1%%)"
    )
    flags.add_reader(parser)


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise ValueError
    return count


def _share(text: str) -> float:
    number = text.strip()
    share = float(number[:-1]) / 100 if number.endswith("%") else float(number)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"a share is like 1% or 0.01, not {text!r}")
    return share


def run(config: Config, options: argparse.Namespace) -> int:
    reader = flags.reader(config, options)
    try:
        return _reconcile(reader, options) if options.reconcile else _show(reader, options)
    except StoreError as error:
        raise with_advice(error, config) from error


def _show(reader: Reader, options: argparse.Namespace) -> int:
    # Explaining takes the detectors; the other commands go without.
    from fleetglass_server.costs import period, records, table
    from fleetglass_server.costs.report import report
    from fleetglass_server.costs.spend import Spend, now

    asked = period.of(
        now=now(reader), since=options.since, until=options.until, tenant=options.tenant
    )
    found = report(Spend(reader, asked), asked, options.by, limit=options.limit)
    _print(records.records(found), table.shown(found), as_json=options.json)
    return 0


def _reconcile(reader: Reader, options: argparse.Namespace) -> int:
    # The list of prices, by which models are told, takes a while to load.
    from fleetglass_server.costs import bill, reconcile, verdict
    from fleetglass_server.costs.zone import zone_of

    zone = zone_of(options.bill_timezone)
    read = bill.read(options.reconcile, zone=zone, project=options.bill_project)
    found = reconcile.reconcile(
        reader, read, zone=zone, tenant=options.tenant, whose=options.provider
    )
    tolerance = options.tolerance
    rows = verdict.records(found, tolerance=tolerance)
    _print(rows, verdict.shown(found, tolerance=tolerance), as_json=options.json)
    return 0 if found.is_within(tolerance) else 1


def _print(rows: Iterable[Mapping[str, Any]], text: str, *, as_json: bool) -> None:
    for line in map(json.dumps, rows) if as_json else (printable(text),):
        print(line)
