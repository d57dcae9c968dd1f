"""The fingerprint of a call's arguments: an approval is for exactly these arguments."""

import hashlib
import json
from typing import Any


def fingerprint(arguments: Any) -> str:
    """Return a hash of arguments; JSON text and the value that it spells have the same.

    >>> fingerprint('{"b": 1.0, "a": "x"}') == fingerprint({"a": "x", "b": 1})
    True
    """
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return _hash(arguments)
    return _hash(_plain(arguments))


def _plain(value: Any) -> Any:
    """Return the value as JSON would spell it, with one spelling for each number."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
