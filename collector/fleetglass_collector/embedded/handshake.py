"""Answers clickhouse-go's first query without the engine.

clickhouse-go decodes this answer at the revision it asked for, and every later block at the
revision in this answer. chDB always writes Native at revision 0, so the answer says 0.
"""

import re

_QUESTION = re.compile(
    r"\s*SELECT\s+displayName\(\)\s*,\s*version\(\)\s*,\s*revision\(\)\s*,\s*timezone\(\)\s*;?\s*",
    re.IGNORECASE,
)
# From the first revision on, a block starts with its info. From the second on, a column says how it
# is serialised.
_BLOCK_INFO, _CUSTOM_SERIALISATION = 51903, 54454


def is_handshake(sql: str) -> bool:
    return _QUESTION.fullmatch(sql) is not None


def answer(name: str, version: str, timezone: str, *, revision: int) -> bytes:
    """Return one row of (String, String, UInt32, String) as Native at the client's `revision`."""
    columns = (
        ("displayName()", "String", _text(name)),
        ("version()", "String", _text(version)),
        ("revision()", "UInt32", (0).to_bytes(4, "little")),
        ("timezone()", "String", _text(timezone)),
    )
    info = b"\x01\x00\x02\xff\xff\xff\xff\x00" if revision >= _BLOCK_INFO else b""
    plain = b"\x00" if revision >= _CUSTOM_SERIALISATION else b""
    body = b"".join(_text(head) + _text(kind) + plain + value for head, kind, value in columns)
    return info + bytes((len(columns), 1)) + body


def _text(value: str) -> bytes:
    """Return a string with its length in front; all strings here are shorter than 128 bytes."""
    encoded = value.encode()[:127]
    return bytes((len(encoded),)) + encoded
