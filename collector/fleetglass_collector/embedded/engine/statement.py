"""Finds where the data of an INSERT starts, and which FORMAT a statement names.

This module protects nothing: the engine and `gate` decide what a reader may do.
Statements are latin-1 text, one character for each byte, so offsets are the same as in the body.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fleetglass_collector.embedded.engine.faults import Fault
from fleetglass_collector.embedded.engine.limits import quote

# The end of the statement and the start of its data must be within this many bytes.
HEAD_BYTES = 256 << 10
SYNTAX_ERROR = 62
NOT_IMPLEMENTED = 48

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^'\\]|\\.|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<quoted>`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")
    | (?P<word>[A-Za-z_]\w*)
    | (?P<other>\d[\w.]*|.)""",
    re.VERBOSE | re.DOTALL,
)


# The only SELECT that takes data. chDB 4.4.0 refuses streamed data for it and drops inline data.
_INPUT = re.compile(r"\binput\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word in capitals, or an empty text when the token is quoted or not a word."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The parts of a statement that the store needs.

    `text` is what the engine gets. `data` is the offset of an insert's data, if it has any, and
    `settings` is the offset of its SETTINGS clause.
    """

    text: str
    format: str | None = None
    insert: bool = False
    data: int | None = None
    first: str = ""
    keywords: frozenset[str] = frozenset()
    settings: int | None = None

    def reading(self, path: str) -> str:
        """Return the insert with a clause, before SETTINGS, that reads its data from a file."""
        at = len(self.text) if self.settings is None else self.settings
        source = f" FROM INFILE {quote(path)} COMPRESSION 'none' "
        return f"{self.text[:at]}{source}{self.text[at:]} FORMAT {self.format}"


def parse(text: str) -> Statement:
    first = next(_tokens(text), None)
    if first and first.word == "INSERT":
        return _insert(text)
    tokens = list(_tokens(text))
    keywords = frozenset(token.word for token in tokens)
    if not tokens:
        raise Fault(SYNTAX_ERROR, "Empty query. (SYNTAX_ERROR)")
    return Statement(
        text=text, format=_last_format(tokens), first=tokens[0].text.upper(), keywords=keywords
    )


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        kind = "string" if kind == "tag" else kind
        if kind != "space":
            yield Token(kind, match[0], match.start(), match.end())


def _last_format(tokens: list[Token]) -> str | None:
    for at in range(len(tokens) - 2, -1, -1):
        after = tokens[at + 2] if at + 2 < len(tokens) else None
        ends = after is None or after.text == ";" or after.word == "SETTINGS"
        if tokens[at].word == "FORMAT" and tokens[at + 1].kind == "word" and ends:
            return tokens[at + 1].text
    return None


def _insert(text: str) -> Statement:
    """Read the clauses of an INSERT up to the one that says where its data comes from."""
    depth, selects = 0, False
    settings: int | None = None
    before: Token | None = None
    for token, after in _pairs(text):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        named = before is not None and (before.text == "." or before.word in ("INTO", "TABLE"))
        clause = token.word if depth == 0 and not named else ""
        if clause == "FORMAT" and after is not None and after.kind == "word":
            if selects:
                break
            data = _data_start(text, after.end)
            statement = Statement(text=text[: token.start], format=after.text, data=data)
            return replace(statement, insert=True, settings=settings)
        if clause == "VALUES" and not selects:
            statement = Statement(text=text[: token.start], format="Values", data=token.end)
            return replace(statement, insert=True, settings=settings)
        if clause == "INFILE":
            raise Fault(NOT_IMPLEMENTED, "INSERT FROM INFILE is not supported over HTTP.")
        if clause == "SETTINGS" and settings is None:
            settings = token.start
        selects = selects or clause in ("SELECT", "WITH")
        before = token
    if selects and _INPUT.search(text):
        raise Fault(NOT_IMPLEMENTED, "INSERT SELECT FROM input() is not supported here.")
    if selects:
        return Statement(text=text, insert=True)
    statement = Statement(text=text, insert=True, format="Values", data=len(text))
    return replace(statement, settings=settings)


def _pairs(text: str) -> Iterator[tuple[Token, Token | None]]:
    previous: Token | None = None
    for token in _tokens(text):
        if previous is not None:
            yield previous, token
        previous = token
    if previous is not None:
        yield previous, None


def _data_start(text: str, start: int) -> int:
    # In ClickHouse, data starts after the first line break, or without one after the blanks.
    while text[start : start + 1] in (" ", "\t", "\f"):
        start += 1
    start += text[start : start + 1] == "\r"
    return start + (text[start : start + 1] == "\n")
