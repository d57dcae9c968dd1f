"""Show what models cost, and which model calls have no price.

Without options, this lists the models that agents called in the last 30 days, and what was spent on
each. With --unknown, it lists only models without a price, and shows how to add one. With --model,
it shows all known prices of one model, whether agents called it or not.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from typing import Any

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.prices import usage

NAME = "prices"


def arguments(parser: argparse.ArgumentParser) -> None:
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--unknown", action="store_true", help="only models without a price")
    choice.add_argument("--model", metavar="NAME", help="all prices of this model")
    parser.add_argument("--provider", metavar="NAME", help="with --model: only this provider")
    parser.add_argument("--days", type=_days, default=30, help="how many days back (default: 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    flags.add_reader(parser)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 36500, not {text!r}")
    return int(text)


def run(config: Config, options: argparse.Namespace) -> int:
    if options.model is not None:
        return _show_model(config, options)
    reader = flags.reader(config, options)
    condition = usage.UNPRICED if options.unknown else usage.ALL
    try:
        rows = usage.recent(reader, condition, options.days)
    except StoreError as error:
        raise with_advice(error, config) from error
    show = usage.unknown if options.unknown else usage.listing
    _print(rows, show(rows), as_json=options.json)
    return 0


def _show_model(config: Config, options: argparse.Namespace) -> int:
    # Loading the price list is slow; other commands do not need it.
    from fleetglass_collector.prices.book import Book
    from fleetglass_server.prices import catalogue

    entries = catalogue.entries(Book(config.prices), options.model, options.provider)
    _print(catalogue.rows(entries), catalogue.shown(entries), as_json=options.json)
    return 0 if any(entry.known for entry in entries) else 1


def _print(rows: Iterable[Mapping[str, Any]], text: str, *, as_json: bool) -> None:
    for line in map(json.dumps, rows) if as_json else (text,):
        print(line)
