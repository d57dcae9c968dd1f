"""The user's own prices: `[[prices]]` in the configuration file."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import cast

from fleetglass_collector.errors import ConfigError

MOST = 1e6
"""Dollars per million tokens. More than a dollar per token is most likely a wrong unit."""

NUMBERS = ("input", "output", "cache_read", "cache_write", "request")
REQUIRED = ("model", "input", "output")
KEYS = ("provider", "model", *NUMBERS, "from")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredPrice:
    """Dollars per million tokens and per thousand requests; None means the price of `input`."""

    model: str
    """A name, or the beginning of a name with a `*` after it."""
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


def read(value: object, *, where: str) -> tuple[ConfiguredPrice, ...]:
    """Read the prices from the value of `prices` in the TOML file.

    Raises:
        ConfigError: A price is incomplete or not allowed, or two prices are for the same case.
    """
    items = cast(list[object], value) if isinstance(value, list) else [value]
    prices = tuple(
        _price(item, f"price {number} in {where}") for number, item in enumerate(items, 1)
    )
    _refuse_duplicates(prices, where)
    return prices


def _price(item: object, label: str) -> ConfiguredPrice:
    if not isinstance(item, dict):
        raise ConfigError(f"{label} must be keys under a line [[prices]], not {item!r}")
    table = cast(Mapping[str, object], item)
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.0)
            raise ConfigError(f"unknown key {key!r} in {label}; did you mean {near[0]!r}?")
    for key in REQUIRED:
        if key not in table:
            raise ConfigError(f"{label} has no {key!r}; it needs 'model', 'input' and 'output'")
    numbers = {key: _dollars(table[key], key, label) for key in NUMBERS if key in table}
    return ConfiguredPrice(
        provider=_provider(table.get("provider", ""), label),
        model=_model(table["model"], label),
        since=_since(table["from"], label) if "from" in table else 0,
        **numbers,
    )


def _dollars(value: object, key: str, label: str) -> float:
    unit = "thousand requests" if key == "request" else "million tokens"
    number = float(value) if isinstance(value, int | float) else math.nan
    if isinstance(value, bool) or not 0 <= number <= MOST:
        raise ConfigError(
            f"{key!r} of {label} must be dollars per {unit}, from 0 to {MOST:,.0f}, not {value!r}"
        )
    return number


def _provider(value: object, label: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"'provider' of {label} must be a name such as 'openai', not {value!r}")
    return value.strip()


def _model(value: object, label: str) -> str:
    if not isinstance(value, str) or not value.strip() or "*" in value.strip()[:-1]:
        raise ConfigError(
            f"'model' of {label} must be a name, or the beginning of one and a '*', not {value!r}"
        )
    return value.strip()


def _since(value: object, label: str) -> int:
    # In Python, a date with a time is also a date.
    if type(value) is not date or not 1970 <= value.year <= 2100:
        raise ConfigError(f"'from' of {label} must be a date such as 2026-01-31, not {value}")
    return int(datetime.combine(value, time(), UTC).timestamp())


def _refuse_duplicates(prices: tuple[ConfiguredPrice, ...], where: str) -> None:
    seen: dict[tuple[str, str, int], int] = {}
    for number, price in enumerate(prices, 1):
        key = (price.provider.lower(), price.model.lower(), price.since)
        if key in seen:
            raise ConfigError(
                f"prices {seen[key]} and {number} in {where} are both for {price.model!r}; "
                "remove one, or give it another 'from'"
            )
        seen[key] = number
