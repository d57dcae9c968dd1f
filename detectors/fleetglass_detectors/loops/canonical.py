"""What a step amounts to, without what changes each time that it is done.

A call that is tried again rarely looks the same to a machine: a request id is new, a clock has
moved on, keys come in another order. The canonical form drops those, so that doing the same thing
again gives the same hash; and keeps what a person would call a different thing: order 17 and 18.

The two sides are treated differently. In an answer, whatever a machine made up is noise: ids,
times, cursors to a next page. In a question such a value may be the very thing asked about: going
through a list of UUIDs is work, and so is following a cursor from page to page. There, ids and
times are masked inside a longer text, or under a key that says that they are volatile, and kept
where they are all that a field holds.
"""

import json
import re
from hashlib import blake2b
from typing import Any, cast

HEAD = 3072
TAIL = 1024
"""Of a text longer than both only its beginning and its end are looked at."""

VOLATILE = frozenset({
    "timestamp", "ts", "time", "datetime", "date_time", "created_at", "updated_at", "sent_at",
    "now", "nonce", "request_id", "requestid", "call_id", "callid", "tool_call_id", "trace_id",
    "traceid", "span_id", "spanid", "run_id", "runid", "correlation_id", "event_id",
    "message_id", "execution_id", "invocation_id", "attempt", "attempts", "retry", "retries",
    "retry_count", "step", "step_number", "turn", "iteration", "idempotency_key", "etag",
    "sanitize_inputs_outputs",
})  # fmt: skip
CURSORS = frozenset({
    "cursor", "next_cursor", "nextcursor", "page_token", "next_page_token", "nextpagetoken",
    "continuation", "continuation_token", "scroll_id", "starting_after",
})  # fmt: skip
"""Opaque places in a list; `page` and `offset` are no such thing, they say where."""

# What every pattern starts with is rare in prose, so that a search skips most of a text at the
# speed of C; each repetition is bounded and of one class of characters, followed by another.
_FIELD = re.compile(
    r"""[:=][ \t]{0,4}(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|[^\s,;&}\])"':=][^\s,;&}\])]{0,199})"""
)
_LAST_WORD = re.compile(r"""([A-Za-z_]{2,24})["']?[ \t]{0,2}$""")
_NUMBER = re.compile(
    r"[0-9](?<![0-9A-Za-z].)(?:"
    r"(?P<iso>\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<clock>\d:\d\d:\d\d(?:[.,]\d{1,9})?)"
    r"|(?P<epoch>(?<=1)[5-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d{1,9})?)"
    r"|(?P<took>\d{0,9}(?:\.\d{1,9} ?s(?:ec(?:ond)?s?)?|(?:\.\d{1,9})? ?ms"
    r"|\ (?:second|minute|hour)s? ago))"
    r")(?![0-9A-Za-z])"
)
_HEX = re.compile(
    r"[0-9a-fA-F](?<![0-9A-Za-z].)(?:"
    r"(?P<uuid>[0-9a-fA-F]{7}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"|(?P<hex>[0-9a-fA-F]{11,63}))(?![0-9A-Za-z])"
)
_HEX_AT_ALL = re.compile(r"[0-9][a-fA-F]|[a-fA-F][0-9]|-[0-9]{4}-")
_CALL = re.compile(
    r"_(?:(?<=call_)|(?<=toolu_)|(?<=req_)|(?<=msg_)|(?<=run_))(?=[A-Za-z]{0,64}\d)[0-9A-Za-z]{8,64}"
)
_TEMPORARY = re.compile(
    r"/(?:tmp/tmp\w{4,40}|var/folders/\w{1,8}/\w{1,64}/T/\w{1,64}|pytest-\d{1,6})"
)
_DIGIT = re.compile(r"[0-9]")


def question(text: str) -> str:
    """The canonical form of what was asked; an id that is a field's whole value stays."""
    parsed = _parsed(text)
    if parsed is None:
        kept = _without_volatile(_ends(text), VOLATILE)
        return _folded(kept) if _whole(kept) else masked(kept)
    return _dumped(_pruned(parsed, drop=VOLATILE, mask=True))


def answer(text: str) -> str:
    """The canonical form of what came back; whatever a machine made up is masked."""
    parsed = _parsed(text)
    if parsed is None:
        return masked(_without_volatile(_ends(text), VOLATILE | CURSORS))
    return masked(_dumped(_pruned(parsed, drop=VOLATILE | CURSORS, mask=False)))


def masked(text: str) -> str:
    """A text without times, made-up ids and temporary paths, its white space folded."""
    if _DIGIT.search(text):
        if _HEX_AT_ALL.search(text):
            text = _HEX.sub(_name, text)
        text = _CALL.sub("<id>", _NUMBER.sub(_name, text))
    if "/tmp/" in text or "/var/folders/" in text or "/pytest-" in text:
        text = _TEMPORARY.sub("<path>", text)
    return _folded(text)


def digest(*parts: str) -> int:
    """64 bits; the parts cannot run into one another."""
    whole = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(whole, digest_size=8).digest(), "big")


def _ends(text: str) -> str:
    """The beginning and the end, and about how long it is: of a log, the end is what is new."""
    if len(text) <= HEAD + TAIL:
        return text
    return f"{text[:HEAD]} <{len(text) >> 10}k> {text[-TAIL:]}"


def _name(found: re.Match[str]) -> str:
    if found.lastgroup == "hex" and (found[0].isdigit() or found[0].isalpha()):
        return found[0]
    return f"<{found.lastgroup}>"


def _without_volatile(text: str, keys: frozenset[str]) -> str:
    """Without the values of volatile keys in what is no JSON: logs, Python's own notation."""

    def replaced(found: re.Match[str]) -> str:
        start = found.start()
        key = _LAST_WORD.search(text[max(0, start - 28) : start])
        return ": " if key and key[1].lower() in keys else found[0]

    return _FIELD.sub(replaced, text)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _whole(text: str) -> bool:
    """Whether a text is one word, so that an id in it is all that was asked."""
    return len(text.split(maxsplit=1)) < 2


def _parsed(text: str) -> object:
    """The JSON that a text is, if it is an object or a list, also one put into a JSON string."""
    start = text[:64].lstrip()[:1]
    if start not in ("{", "[", '"') or len(text) > HEAD + TAIL:
        return None
    try:
        parsed = json.loads(text)
        if isinstance(parsed, str) and parsed[:1] in ("{", "["):
            parsed = json.loads(parsed)
    except (ValueError, RecursionError):
        return None
    return cast(object, parsed) if isinstance(parsed, (dict, list)) else None


def _pruned(value: object, *, drop: frozenset[str], mask: bool, depth: int = 0) -> object:
    """Without volatile keys and without emptiness.

    Models spell "no arguments" in many ways: `{}`, `{"": ""}`, `{"arguments": {}}`.
    """
    if depth > 32:
        return "<deep>"
    if isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        pruned = {
            key: _pruned(field, drop=drop, mask=mask, depth=depth + 1)
            for key, field in fields.items()
            if key.lower() not in drop
        }
        return {key: field for key, field in pruned.items() if not _empty(field)}
    if isinstance(value, list):
        items = cast(list[object], value)
        return [_pruned(item, drop=drop, mask=mask, depth=depth + 1) for item in items]
    if isinstance(value, str):
        return _folded(value) if not mask or _whole(value) else masked(value)
    return value


def _empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def _dumped(value: object) -> str:
    return "" if _empty(value) else json.dumps(value, sort_keys=True, ensure_ascii=False)
