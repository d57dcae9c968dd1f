"""Prices of the user's own, `[[prices]]` in the configuration."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import cast

from fleetglass_collector.errors import ConfigError

MOST = 1e6
"""Dollars per million tokens: beyond a dollar a token it is a slip of the unit."""

NUMBERS = ("input", "output", "cache_read", "cache_write", "request")
REQUIRED = ("model", "input", "output")
KEYS = ("provider", "model", *NUMBERS, "from")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredPrice:
    """Dollars per million tokens, and per thousand requests; None is as the input costs."""

    model: str
    """A name, or the beginning of names with a `*` at its end."""
    input: float
    output: float
    provider: str = ""
    cache_read: float | None = None
    cache_write: float | None = None
    request: float | None = None
    since: int = 0
    """Seconds since 1970, in UTC."""

    @property
    def is_prefix(self) -> bool:
        return self.model.endswith("*")

    def covers(self, model: str) -> bool:
        name, wanted = model.lower(), self.model.lower()
        return name.startswith(wanted[:-1]) if self.is_prefix else name == wanted


def read(given: object, *, where: str) -> tuple[ConfiguredPrice, ...]:
    """Read the tables as TOML gave them.

    Raises:
        ConfigError: One is incomplete or makes no sense, or two say the same.
    """
    listed = cast(list[object], given) if isinstance(given, list) else [given]
    prices = tuple(
        _price(item, f"price {number} in {where}") for number, item in enumerate(listed, 1)
    )
    _refuse_twins(prices, where)
    return prices


def _price(given: object, called: str) -> ConfiguredPrice:
    if not isinstance(given, dict):
        raise ConfigError(f"{called} wants keys under a line [[prices]], not {given!r}")
    table = cast(Mapping[str, object], given)
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.0)
            raise ConfigError(f"unknown key {key!r} in {called}; did you mean {near[0]!r}?")
    for key in REQUIRED:
        if key not in table:
            raise ConfigError(f"{called} lacks {key!r}; it needs 'model', 'input' and 'output'")
    numbers = {key: _dollars(table[key], key, called) for key in NUMBERS if key in table}
    return ConfiguredPrice(
        provider=_provider(table.get("provider", ""), called),
        model=_model(table["model"], called),
        since=_since(table["from"], called) if "from" in table else 0,
        **numbers,
    )


def _dollars(value: object, key: str, called: str) -> float:
    unit = "a thousand requests" if key == "request" else "a million tokens"
    number = float(value) if isinstance(value, int | float) else math.nan
    if isinstance(value, bool) or not 0 <= number <= MOST:
        raise ConfigError(
            f"{key!r} of {called} wants dollars for {unit}, from 0 to {MOST:,.0f}, not {value!r}"
        )
    return number


def _provider(value: object, called: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"'provider' of {called} wants a name such as 'openai', not {value!r}")
    return value.strip()


def _model(value: object, called: str) -> str:
    if not isinstance(value, str) or not value.strip() or "*" in value.strip()[:-1]:
        raise ConfigError(
            f"'model' of {called} wants a name, or the beginning of one with a '*' at its end, "
            f"not {value!r}"
        )
    return value.strip()


def _since(value: object, called: str) -> int:
    # A date and time is a date as well.
    if type(value) is not date or not 1970 <= value.year <= 2100:
        raise ConfigError(f"'from' of {called} wants a date such as 2026-01-31, not {value}")
    return int(datetime.combine(value, time(), UTC).timestamp())


def _refuse_twins(prices: tuple[ConfiguredPrice, ...], where: str) -> None:
    seen: dict[tuple[str, str, int], int] = {}
    for number, price in enumerate(prices, 1):
        key = (price.provider.lower(), price.model.lower(), price.since)
        if key in seen:
            raise ConfigError(
                f"prices {seen[key]} and {number} in {where} are both for {price.model!r}; "
                "remove one, or give it another 'from'"
            )
        seen[key] = number
