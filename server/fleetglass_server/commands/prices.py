"""Show what models cost, and which calls have no price.

Lists the models of the spans of the last days with what was spent on them; with --unknown those
without a price, and how to add one; with --model what one model costs, where and when, whether
there are spans of it or not.
"""

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.reader import Reader
from fleetglass_server.commands.advice import advised
from fleetglass_server.prices import usage

NAME = "prices"


def arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--unknown", action="store_true", help="only what has no price")
    what.add_argument("--model", metavar="NAME", help="what this model costs")
    parser.add_argument("--provider", metavar="NAME", help="with --model: only there")
    parser.add_argument("--days", type=_days, default=30, help="spans of as many days (30)")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--dsn", metavar="URL", help="http(s)://user:password@host:port")
    parser.add_argument("--key", default="", help="for a database elsewhere; or FLEETGLASS_KEY")


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 36_500:
        raise ValueError
    return days


def run(config: Config, options: argparse.Namespace) -> int:
    if options.model is not None:
        return _show_model(config, options)
    key = options.key or (os.environ.get("FLEETGLASS_KEY", "") if config.is_remote else "")
    reader = Reader.of(config, key=key)
    condition = usage.UNPRICED if options.unknown else usage.ALL
    try:
        rows = usage.recent(reader, condition, options.days)
    except StoreError as error:
        raise advised(error, config, str(reader.endpoint)) from error
    show = usage.unknown if options.unknown else usage.listing
    _print(rows, show(rows), as_json=options.json)
    return 0


def _show_model(config: Config, options: argparse.Namespace) -> int:
    # The list of prices takes a while to load; the other commands go without.
    from fleetglass_collector.prices.book import Book
    from fleetglass_server.prices import catalogue

    found = catalogue.entries(Book(config.prices), options.model, options.provider)
    _print(catalogue.rows(found), catalogue.shown(found), as_json=options.json)
    return 0 if any(entry.known for entry in found) else 1


def _print(rows: Iterable[Mapping[str, Any]], text: str, *, as_json: bool) -> None:
    for line in map(json.dumps, rows) if as_json else (text,):
        print(line)
