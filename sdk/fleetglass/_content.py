"""Turns arguments, results and messages into text: redacted and of bounded size."""

import dataclasses
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any, cast

from fleetglass._settings import Redactor, Settings

PREVIEW = 200
# Nobody reads more than this, and a value may be a whole data set.
MAX_NODES = 2_000
MAX_DEPTH = 12
MORE = "…"
UNREADABLE = "<unreadable>"
# A hash in letters only: digits are what the collector takes for ids that change with each call.
LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")

# Made once: `json.dumps` makes one for each value.
ENCODE = json.JSONEncoder(ensure_ascii=False).encode

Capture = Callable[[Any], str]


def capture_of(settings: Settings) -> Capture | None:
    """Return the function that turns a value into an attribute; None if no content is kept."""
    if settings.content == "none":
        return None
    return _safe(_capture(settings))


def _capture(settings: Settings) -> Capture:
    if settings.content == "hash":
        secret = (settings.key or settings.service or "fleetglass").encode()[:64]
        return lambda value: _hashed(_text(value, settings.max_content), secret)
    preview = min(PREVIEW, settings.max_content)
    limit = preview if settings.content == "preview" else settings.max_content
    return lambda value: _cut(_redacted(_text(value, settings.max_content), settings.redact), limit)


def _safe(capture: Capture) -> Capture:
    """Return the text of a value. Recording a value must never make an agent fail."""

    def safe(value: Any) -> str:
        try:
            text = capture(value)
            # Half of a surrogate pair cannot be sent.
            return text if text.isascii() else text.encode("utf-8", "replace").decode()
        except Exception:
            return UNREADABLE

    return safe


def bound(
    names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any], ignored: Collection[str]
) -> dict[str, Any]:
    """Name the arguments; `inspect.Signature.bind` would take longer than a whole span."""
    given = dict(zip(names, args, strict=False))
    if len(args) > len(names):
        given["args"] = args[len(names) :]
    given |= kwargs
    return {name: value for name, value in given.items() if name not in ignored}


def at(path: str, value: Any) -> float | None:
    """Return the number at a path such as `$.order.amount`; None if there is none."""
    try:
        for name in path.removeprefix("$").strip(".").split("."):
            if isinstance(value, Mapping):
                value = cast("Mapping[str, Any]", value).get(name)
            else:
                value = getattr(value, name, None)
        return None if value is None else float(value)
    except Exception:
        return None


def _text(value: Any, limit: int) -> str:
    # More than is kept, so that a secret at the edge is redacted whole; but not a whole book.
    if isinstance(value, str):
        return value[: 2 * limit]
    return ENCODE(_Shortened(2 * limit).of(value))[: 2 * limit]


def _redacted(text: str, redactors: Sequence[Redactor]) -> str:
    for redactor in redactors:
        text = redactor(text)
    return text


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + MORE


def _hashed(text: str, secret: bytes) -> str:
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=16, key=secret)
    return f"hash:{digest.hexdigest().translate(LETTERS)}"


class _Shortened:
    """Return a copy of a value that JSON can hold, cut to the size that is wanted."""

    def __init__(self, characters: int) -> None:
        self._characters = characters
        self._nodes = MAX_NODES

    def of(self, value: Any, depth: int = 0) -> Any:
        self._nodes -= 1
        if value is None or isinstance(value, bool | int | float):
            # A member of an enum, or a subclass of a number, is written as the plain number.
            return value
        if isinstance(value, str):
            self._characters -= len(value)
            return value[: max(0, self._characters + len(value))]
        if depth >= MAX_DEPTH or self._nodes <= 0 or self._characters <= 0:
            return MORE
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[Any, object]", value), depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(cast("Collection[Any]", value), depth)
        return self._object(value, depth)

    def _mapping(self, value: Mapping[Any, object], depth: int) -> dict[str, Any]:
        short: dict[str, Any] = {}
        for key, item in value.items():
            if self._nodes <= 0 or self._characters <= 0:
                short[MORE] = MORE
                break
            name = key if isinstance(key, str) else repr(key)[:100]
            self._characters -= len(name)
            short[name] = self.of(item, depth + 1)
        return short

    def _items(self, value: Collection[Any], depth: int) -> list[Any]:
        short: list[Any] = []
        for item in value:
            if self._nodes <= 0 or self._characters <= 0:
                short.append(MORE)
                break
            short.append(self.of(item, depth + 1))
        return short

    def _object(self, value: Any, depth: int) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            return self._mapping({name: getattr(value, name, None) for name in names}, depth)
        if isinstance(value, BaseException):
            return f"{type(value).__qualname__}: {value}"[:1000]
        # For pydantic's models. Other objects are not turned into text: it may be slow or long.
        fields = getattr(type(value), "model_fields", None)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(fields, Mapping):
            told = {str(name): getattr(value, str(name), None) for name in cast("Any", fields)}
            return self._mapping(told, depth)
        return f"<{type(value).__qualname__}>"
