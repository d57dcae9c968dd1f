"""Turns questions and answers into a canonical form, in which equal steps have equal texts.

A repeated call rarely looks the same: its request id is new, the time has changed, and keys come
in another order. The canonical form drops these differences, so that the same call again has the
same hash. It keeps the differences that a person sees: order 17 and order 18.

Questions and answers are treated differently. In an answer, all values that a machine made are
noise: ids, times, cursors to a next page. In a question, such a value may be the thing that is
asked about: to go through a list of UUIDs is work, and so is to follow a cursor from page to page.
So in a question, ids and times are masked inside a longer text, and under keys whose values change
each time. They are kept where a field holds nothing else.
"""

import json
import re
from hashlib import blake2b
from typing import Any, cast

HEAD = 3072
TAIL = 1024
"""Of a text that is longer than both together, only the beginning and the end are used."""

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
"""Keys whose values are opaque places in a list. `page` and `offset` are readable places."""

# Each pattern starts with something that is rare in prose, so a search skips most of a text fast.
# Each repetition has a bound and one class of characters, and another class follows it.
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
    """Return the canonical form of a question. An id that is a field's whole value stays."""
    parsed = _parsed(text)
    if parsed is None:
        kept = _without_volatile(_ends(text), VOLATILE)
        return _folded(kept) if _whole(kept) else masked(kept)
    return _dumped(_pruned(parsed, drop=VOLATILE, mask=True))


def answer(text: str) -> str:
    """Return the canonical form of an answer. All values that a machine made are masked."""
    parsed = _parsed(text)
    if parsed is None:
        return masked(_without_volatile(_ends(text), VOLATILE | CURSORS))
    return masked(_dumped(_pruned(parsed, drop=VOLATILE | CURSORS, mask=False)))


def masked(text: str) -> str:
    """Return a text without times, generated ids and temporary paths, with white space folded."""
    if _DIGIT.search(text):
        if _HEX_AT_ALL.search(text):
            text = _HEX.sub(_name, text)
        text = _CALL.sub("<id>", _NUMBER.sub(_name, text))
    if "/tmp/" in text or "/var/folders/" in text or "/pytest-" in text:
        text = _TEMPORARY.sub("<path>", text)
    return _folded(text)


def digest(*parts: str) -> int:
    """Return a hash of 64 bits. The length of each part keeps the parts apart."""
    whole = blake2b(digest_size=8)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        whole.update(len(encoded).to_bytes(4, "little"))
        whole.update(encoded)
    return int.from_bytes(whole.digest(), "big")


def _ends(text: str) -> str:
    """Return the beginning, the approximate length and the end: the end of a log is what is new."""
    if len(text) <= HEAD + TAIL:
        return text
    return f"{text[:HEAD]} <{len(text) >> 10}k> {text[-TAIL:]}"


def _name(found: re.Match[str]) -> str:
    if found.lastgroup == "hex" and (found[0].isdigit() or found[0].isalpha()):
        return found[0]
    return f"<{found.lastgroup}>"


def _without_volatile(text: str, keys: frozenset[str]) -> str:
    """Remove the values of volatile keys from a text that is no JSON, such as a log."""

    def replaced(found: re.Match[str]) -> str:
        start = found.start()
        key = _LAST_WORD.search(text[max(0, start - 28) : start])
        return ": " if key and key[1].lower() in keys else found[0]

    return _FIELD.sub(replaced, text)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _whole(text: str) -> bool:
    """Return whether a text is one word, so that an id in it is the whole question."""
    return len(text.split(maxsplit=1)) < 2


def _parsed(text: str) -> object:
    """Return the JSON object or list that a text holds, also one inside a JSON string."""
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
    """Return a value without volatile keys and empty fields.

    Models write "no arguments" in many ways: `{}`, `{"": ""}`, `{"arguments": {}}`.
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
