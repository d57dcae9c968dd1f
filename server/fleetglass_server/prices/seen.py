"""The models that spans tell of, and what they cost, as `fleetglass prices` shows them."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from fleetglass_collector.store.reader import Reader
from fleetglass_server.prices.columns import columns, dollars

SEEN = Template((files("fleetglass_server.prices") / "seen.sql").read_text())
ALL = "span.model != '' OR span.cost IS NULL"
UNPRICED = "span.cost IS NULL"

LEGEND = """\
Prices are dollars per million tokens; with a '+' others apply at times, to service tiers or to long
calls: 'fleetglass prices --model NAME' shows them."""
ADVICE = """\
Put what you pay into the configuration file (--config) and start again; past spans get their cost
as well:
"""

Row = dict[str, Any]


def seen(reader: Reader, condition: str, days: int) -> list[Row]:
    """Ask for the pairs that spans told of lately, the costliest first."""
    rows = reader.rows(SEEN.substitute(condition=condition), timeout_s=60.0, param_days=str(days))
    whole = ("calls", "input_tokens", "output_tokens", "unpriced")
    # Depending on the version 64 bits come as a text.
    return [row | {key: int(row[key]) for key in whole} for row in rows]


def listing(rows: Sequence[Row]) -> str:
    if not rows:
        return "No spans of models yet."
    head = ("PROVIDER", "MODEL", "CALLS", "INPUT", "OUTPUT", "COST", "IN", "OUT", "CACHED")
    table = [(*head, "SOURCE"), *map(_line, rows)]
    parts = [columns(table, right=range(2, 9)), "", LEGEND]
    if unpriced := sum(row["unpriced"] for row in rows):
        parts.append(f"{unpriced:,} calls have no price: 'fleetglass prices --unknown'.")
    return "\n".join(parts)


def unknown(rows: Sequence[Row]) -> str:
    if not rows:
        return "Every call has a price."
    head = ("PROVIDER", "MODEL", "CALLS", "INPUT", "OUTPUT", "LAST SEEN", "WHY")
    table = [head, *((*_told(row), row["last_seen"], _why(row)) for row in rows)]
    blocks = list(_blocks(rows))
    advice = ["", ADVICE, *blocks] if blocks else []
    return "\n".join([columns(table, right=range(2, 5)), *advice])


def _line(row: Row) -> tuple[str, ...]:
    paid = f"${row['cost']:,.4f}" if row["cost"] is not None else "unpriced"
    mark = " +" if row["more"] else ""
    prices = [dollars(row[key]) for key in ("input", "output", "cache_read")]
    return (*_told(row), paid, *prices, (row["source"] or "-") + mark)


def _told(row: Row) -> tuple[str, ...]:
    numbers = (f"{row[key]:,}" for key in ("calls", "input_tokens", "output_tokens"))
    return (row["provider"] or "-", row["model"] or "-", *numbers)


def _why(row: Row) -> str:
    if not row["model"]:
        return "no model is told"
    return row["note"] or "looked up soon"


def _blocks(rows: Sequence[Row]) -> Iterator[str]:
    """TOML to fill in: without a number it is no TOML yet, so that nothing is free by mistake."""
    for row in rows:
        if row["model"]:
            yield "[[prices]]"
            if row["provider"]:
                yield f"provider = {_quoted(row['provider'])}"
            yield f"model = {_quoted(row['model'])}"
            yield "input =      # dollars per million tokens"
            yield "output =     # the same"
            yield ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
