"""Kinds of configuration values: which values are accepted, and how they are shown.

`read` converts a value from TOML or the environment, and raises ValueError if it is not allowed.
`expected` completes the message "KEY must be ...".
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fleetglass_collector.access.address import split_address
from fleetglass_collector.errors import ConfigError

_UNITS = {
    "": 1,
    "b": 1,
    **{f"{letter}ib": 1 << 10 * power for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}b": 10 ** (3 * power) for power, letter in enumerate("kmgt", 1)},
}
_SIZE = re.compile(r"(\d{1,19})\s*([a-z]*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    expected: str
    read: Callable[[object], Any]
    show: Callable[[Any], str] = lambda value: (
        f'"{value}"' if isinstance(value, str) else f"{value}"
    )


def text(expected: str, pattern: str) -> Kind:
    def read(value: object) -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        raise ValueError

    return Kind(expected=expected, read=read)


def whole(least: int, most: int = 1 << 53) -> Kind:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        return _within(int(value), least, most)

    limits = f"from {least} to {most}" if most < 1 << 53 else f"of at least {least}"
    return Kind(expected=f"a whole number {limits}", read=read)


def seconds(most: float) -> Kind:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value)
        if not 0 < number <= most:
            raise ValueError
        return number

    return Kind(expected=f"a number of seconds above 0, and at most {most:g}", read=read)


def size(least: int) -> Kind:
    """A number of bytes, or a number with a unit: `4294967296`, `"4GiB"`, `"512 MB"`."""

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return _within(value, least, 1 << 60)
        match = _SIZE.fullmatch(value.strip().lower()) if isinstance(value, str) else None
        if not match or match[2] not in _UNITS:
            raise ValueError
        return _within(int(match[1]) * _UNITS[match[2]], least, 1 << 60)

    return Kind(
        expected=f"a size such as 67108864 or '64MiB', at least {show_size(least)}",
        read=read,
        show=lambda value: f'"{show_size(value)}"',
    )


def show_size(value: int) -> str:
    """Write a size with the largest unit that needs no decimals, so that it reads back the same."""
    power = min(4, int(math.log2(value & -value)) // 10) if value else 0
    return f"{value >> 10 * power}{('', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"


def _read_address(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    try:
        split_address(value)
    except ConfigError as error:
        raise ValueError from error
    return value


def _read_dsn(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    if "://" in value:
        # .port raises ValueError itself if the port is not a number.
        parts = urlsplit(value)
        is_http = value.startswith(("http://", "https://"))
        if not is_http or not parts.hostname or parts.port == 0:
            raise ValueError
    return value


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError
    return value


ADDRESS = Kind(
    expected="HOST:PORT, for example '127.0.0.1:4318' or '[::1]:4318'", read=_read_address
)
DSN = Kind(expected="a folder, or http(s)://user:password@host:port", read=_read_dsn)
FOLDER = text("the path of a folder", r"[^\0]+")
FILE = text("the path of a file", r"[^\0]*")
NAME = text("a name of letters, digits and '_'", r"[A-Za-z_][A-Za-z0-9_]{0,199}")
CLUSTER = text("a name of letters, digits, '_', '-' and '.'", r"[A-Za-z0-9_.-]{0,199}")
