"""The models that spans name and their cost, as `fleetglass prices` shows them."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from fleetglass_collector.store.reader import Reader
from fleetglass_server.prices.columns import columns, dollars

USAGE = Template((files("fleetglass_server.prices") / "usage.sql").read_text())
ALL = "span.model != '' OR span.cost IS NULL"
UNPRICED = "span.cost IS NULL"

LEGEND = """\
Prices are in dollars per million tokens. A '+' marks models with other prices too (at some times,
for service tiers or long calls): 'fleetglass prices --model NAME' shows them."""
ADVICE = """\
Put your prices into the configuration file (--config) and restart fleetglass. Past spans get a cost
too:
"""

Row = dict[str, Any]


def recent(reader: Reader, condition: str, days: int) -> list[Row]:
    """Return the pairs that recent spans name, the most expensive first."""
    rows = reader.rows(USAGE.substitute(condition=condition), timeout_s=60.0, param_days=str(days))
    whole = ("calls", "input_tokens", "output_tokens", "unpriced")
    # Some versions return 64-bit numbers as texts.
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
    table = [head, *((*_usage(row), row["last_seen"], _why(row)) for row in rows)]
    blocks = list(_blocks(rows))
    advice = ["", ADVICE, *blocks] if blocks else []
    return "\n".join([columns(table, right=range(2, 5)), *advice])


def _line(row: Row) -> tuple[str, ...]:
    paid = f"${row['cost']:,.4f}" if row["cost"] is not None else "unpriced"
    mark = " +" if row["more"] else ""
    prices = [dollars(row[key]) for key in ("input", "output", "cache_read")]
    return (*_usage(row), paid, *prices, (row["source"] or "-") + mark)


def _usage(row: Row) -> tuple[str, ...]:
    numbers = (f"{row[key]:,}" for key in ("calls", "input_tokens", "output_tokens"))
    return (row["provider"] or "-", row["model"] or "-", *numbers)


def _why(row: Row) -> str:
    if not row["model"]:
        return "the spans name no model"
    return row["note"] or "not looked up yet"


def _blocks(rows: Sequence[Row]) -> Iterator[str]:
    """Yield TOML to fill in. It is invalid without numbers, so that nothing is free by mistake."""
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
