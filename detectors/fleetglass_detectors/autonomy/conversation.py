"""Tells apart who says what in the input of a model or an agent, in whatever way it was recorded.

What the owner and people say is trusted. What tools return is not, also where an API wraps it in a
message of the user.
"""

import json
from collections.abc import Iterator
from typing import Any, cast

TRUSTED = frozenset({"system", "user", "human", "developer"})
TOOLS = frozenset({"tool", "function", "ipython", "observation"})
# Parts of messages that hold what a tool returned.
RESULTS = frozenset({"tool_call_response", "tool_result", "function_response", "tool-result"})
CALLS = frozenset({"tool_call", "tool_use", "function_call", "tool-call"})
_INNER = ("content", "parts", "text", "response", "result", "output", "value", "data", "messages")
DEEPEST = 12


def said(text: str) -> Iterator[tuple[str, str]]:
    """Yield each role with what it says; one pair with an empty role if there are no roles."""
    try:
        parsed = json.loads(text) if text[:1] in "[{" else None
    except (ValueError, RecursionError):
        parsed = None
    found = [*_messages(parsed, 0)] if parsed is not None else []
    yield from found or [("", text)]


def _messages(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _messages(one, depth + 1)
    elif isinstance(value, dict):
        message = cast("dict[str, Any]", value)
        if role := _role(message):
            yield from _of_role(role, message, depth)
        else:
            for name in ("messages", "kwargs", "input", "message"):
                yield from _messages(message.get(name), depth + 1)


def _role(message: dict[str, Any]) -> str:
    role = message.get("role") or message.get("type")
    if isinstance(role, str) and role.lower() in TRUSTED | TOOLS | {"assistant", "ai", "model"}:
        return role.lower()
    kind = message.get("id")
    name = str(kind[-1]) if isinstance(kind, list) and kind else ""  # pyright: ignore[reportUnknownArgumentType]
    # LangChain writes the class of the message.
    is_message = name.removesuffix("Chunk").endswith("Message")
    return name.removesuffix("Chunk").removesuffix("Message").lower() if is_message else ""


def _of_role(role: str, message: dict[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    inner = message | cast("dict[str, Any]", message.get("kwargs") or {})
    for is_result, text in _texts({name: inner.get(name) for name in _INNER}, depth, False):
        yield ("tool" if is_result or role in TOOLS else role), text


def _texts(value: Any, depth: int, is_result: bool) -> Iterator[tuple[bool, str]]:
    if depth > DEEPEST:
        return
    if isinstance(value, str):
        if value:
            yield is_result, value
    elif isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(one, depth + 1, is_result)
    elif isinstance(value, dict):
        part = cast("dict[str, Any]", value)
        kind = str(part.get("type") or "")
        if kind in CALLS:
            return
        for name in _INNER:
            yield from _texts(part.get(name), depth + 1, is_result or kind in RESULTS)
