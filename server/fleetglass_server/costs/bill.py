"""A provider's bill or usage export, as CSV: OpenAI's, Anthropic's, or any that has such columns.

Columns are known by their names (`WORDS`), of which many are in use. A line is a day, a model if
it says so, and dollars or tokens; lines of sums and empty ones are left out.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from fleetglass_collector.errors import ConfigError

MAX_BYTES = 256 << 20
# The first name that a bill has counts.
WORDS: Mapping[str, tuple[str, ...]] = {
    "day": (
        *("usage_date_utc", "usage_date", "date", "day", "start_time_iso", "start_time", "start"),
        *("starting_at", "period_start", "bucket_start", "usage_start_time", "timestamp", "time"),
    ),
    "model": (
        *("model", "model_version", "model_name", "model_id", "line_item", "lineitem", "sku"),
        *("description", "item", "service", "product"),
    ),
    "cost": (
        *("cost_usd", "cost_in_usd", "amount_usd", "total_cost_usd", "cost", "amount_value"),
        *("amount", "total_cost", "usd", "spend", "charge", "total"),
    ),
    "currency": ("currency", "amount_currency", "cost_currency"),
    "project": (
        *("project_name", "project", "project_id", "workspace", "workspace_name"),
        *("workspace_id", "tenant"),
    ),
}
# Tokens of input and output; where these leave out what was cached, it stands in parts of its own.
INPUT = ("input_tokens", "prompt_tokens", "n_context_tokens_total")
OUTPUT = (
    *("output_tokens", "completion_tokens", "usage_output_tokens"),
    "n_generated_tokens_total",
)
PARTS = (
    *("usage_input_tokens_no_cache", "usage_input_tokens_cache_read", "uncached_input_tokens"),
    *("usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h"),
    *("cache_read_input_tokens", "cache_creation_input_tokens"),
)
SUMS = re.compile(r"(grand |sub)?-?(total|sum)s?:?", re.IGNORECASE)
# OpenAI's line items end so: "gpt-4o-2024-08-06, cached input".
CLASS = re.compile(r",\s*(cached |audio |text |image )*(input|output)( tokens?)?$", re.IGNORECASE)
DATES = ("%Y/%m/%d", "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y")
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d*)(\.\d*)?(e[-+]?\d{1,3})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A line of the bill; what it does not tell is None."""

    day: date
    model: str
    cost: Decimal | None
    tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    name: str
    charges: Sequence[Charge]

    @property
    def has_costs(self) -> bool:
        return any(charge.cost is not None for charge in self.charges)

    @property
    def has_tokens(self) -> bool:
        return any(charge.tokens is not None for charge in self.charges)

    @property
    def days(self) -> tuple[date, date]:
        days = [charge.day for charge in self.charges]
        return min(days), max(days)


def read(file: Path, *, zone: ZoneInfo, project: str = "") -> Bill:
    """Read a bill.

    Raises:
        ConfigError: It cannot be read; the message says which line, and what to do.
    """
    return parsed(_text(file), name=file.name, zone=zone, project=project)


def parsed(text: str, *, name: str, zone: ZoneInfo, project: str = "") -> Bill:
    rows = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text))
    table: _Table | None = None
    charges: list[Charge] = []
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if table is None:
                table = _Table(name, cells, project=project)
            elif not table.is_sum(cells):
                charges += table.charges(cells, rows.line_num, zone)
    except csv.Error as error:
        raise ConfigError(f"{name}, line {rows.line_num}: {error}; is it a CSV file?") from error
    if not charges:
        which = f" of {project!r}" if project else ""
        raise ConfigError(f"{name} has no charges{which}; export the bill by day, as CSV")
    return Bill(name=name, charges=charges)


class _Table:
    def __init__(self, name: str, head: Sequence[str], *, project: str) -> None:
        self._name = name
        self._project = project
        words = [re.sub(r"[^a-z0-9]+", "_", cell.lower()).strip("_") for cell in head]
        self._at = {word: at for at, word in reversed(list(enumerate(words)))}
        self._columns = {
            what: next((self._at[word] for word in names if word in self._at), -1)
            for what, names in WORDS.items()
        }
        self._tokens = [self._at[word] for word in self._token_words()]
        wanted = {"day": "a column 'date'", "cost": "a column 'cost_usd', or 'input_tokens'"}
        for what, told in wanted.items():
            if self._columns[what] < 0 and not (what == "cost" and self._tokens):
                raise ConfigError(
                    f"{name}: {told} is missing in its first line ({', '.join(head)}); "
                    "rename one of its columns so"
                )
        if project and self._columns["project"] < 0:
            raise ConfigError(
                f"{name} has no column 'project' or 'workspace' to look for {project}"
            )

    def _token_words(self) -> Iterator[str]:
        for names in (INPUT, OUTPUT):
            yield from [word for word in names if word in self._at][:1]
        yield from (word for word in PARTS if word in self._at)

    def is_sum(self, cells: Sequence[str]) -> bool:
        told = [self._cell(cells, what) for what in ("day", "model")]
        return any(SUMS.fullmatch(cell) for cell in (*told, cells[0]))

    def charges(self, cells: Sequence[str], line: int, zone: ZoneInfo) -> Iterator[Charge]:
        if self._project and self._cell(cells, "project") != self._project:
            return
        currency = self._cell(cells, "currency")
        if currency and currency.lower() not in ("usd", "$", "us$"):
            raise self._error(line, f"is in {currency}; bills are compared in US dollars")
        cost = self._number(line, self._cell(cells, "cost"))
        counts = [self._number(line, cells[at]) for at in self._tokens if at < len(cells)]
        told = [count for count in counts if count is not None]
        if cost is None and not told:
            # OpenAI gives a day without charges a line of its own.
            return
        model = CLASS.sub("", self._cell(cells, "model"))
        tokens = int(sum(told)) if told else None
        day = self._day(line, self._cell(cells, "day"), zone)
        yield Charge(day=day, model=model, cost=cost, tokens=tokens)

    def _cell(self, cells: Sequence[str], what: str) -> str:
        at = self._columns[what]
        return cells[at] if 0 <= at < len(cells) else ""

    def _number(self, line: int, text: str) -> Decimal | None:
        plain = re.sub(r"(?i)us\$|\$|usd|\s", "", text)
        if plain in ("", "-"):
            return None
        # Bookkeepers write what is given back in brackets.
        if plain.startswith("(") and plain.endswith(")"):
            plain = f"-{plain[1:-1]}"
        try:
            if _NUMBER.fullmatch(plain):
                return Decimal(plain.replace(",", ""))
        except InvalidOperation:
            pass
        raise self._error(line, f"{text!r} is no number such as 1234.56 or $1,234.56")

    def _day(self, line: int, text: str, zone: ZoneInfo) -> date:
        try:
            return _day(text, zone)
        except (ValueError, OverflowError, OSError):
            raise self._error(line, f"{text!r} is no day; write it as 2026-09-21") from None

    def _error(self, line: int, what: str) -> ConfigError:
        return ConfigError(f"{self._name}, line {line}: {what}")


def _day(text: str, zone: ZoneInfo) -> date:
    """A day as it stands, or the day of a moment in the bill's time zone."""
    if text.isascii() and text.isdecimal() and len(text) in (10, 13):
        second = int(text) / (1000 if len(text) == 13 else 1)
        return datetime.fromtimestamp(second, UTC).astimezone(zone).date()
    for form in DATES:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    told = datetime.fromisoformat(text.removesuffix(" UTC"))
    return told.astimezone(zone).date() if told.tzinfo else told.date()


def _text(file: Path) -> str:
    try:
        with open(file, "rb") as stream:
            body = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {str(file)!r}: {error.strerror}") from error
    if len(body) > MAX_BYTES:
        raise ConfigError(f"{file.name} is too large for a bill; export it by day and model")
    try:
        # Excel's "Unicode text" is UTF-16.
        wide = body.startswith((b"\xff\xfe", b"\xfe\xff"))
        return body.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name} is not UTF-8 text; export the bill as CSV") from None


def _delimiter(text: str) -> str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=head.count)
