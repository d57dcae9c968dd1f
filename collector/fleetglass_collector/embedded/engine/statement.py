"""Read just enough of a statement to know where an INSERT's data starts and which FORMAT is asked.

Nothing here guards anything: what a reader may do is for the engine and `gate` to say.
Statements are held as latin-1 text, one character a byte, so that offsets are those of the body.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fleetglass_collector.embedded.engine.faults import Fault
from fleetglass_collector.embedded.engine.limits import quote

# Where the statement ends and data begins must be found within this much.
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


# The one SELECT that takes data. chDB 4.4.0 refuses it streamed and, inline, drops the data.
_INPUT = re.compile(r"\binput\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word in capitals, or nothing when it is quoted or no word."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a statement is.

    `text` is what the engine is given, `data` where an insert's data starts if it has any, and
    `settings` where its SETTINGS clause does.
    """

    text: str
    format: str | None = None
    insert: bool = False
    data: int | None = None
    first: str = ""
    words: frozenset[str] = frozenset()
    settings: int | None = None

    def reading(self, path: str) -> str:
        """The insert, with a file to read its data from: that clause stands before SETTINGS."""
        at = len(self.text) if self.settings is None else self.settings
        source = f" FROM INFILE {quote(path)} COMPRESSION 'none' "
        return f"{self.text[:at]}{source}{self.text[at:]} FORMAT {self.format}"


def parse(text: str) -> Statement:
    first = next(_tokens(text), None)
    if first and first.word == "INSERT":
        return _insert(text)
    tokens = list(_tokens(text))
    words = frozenset(token.word for token in tokens)
    if not tokens:
        raise Fault(SYNTAX_ERROR, "Empty query. (SYNTAX_ERROR)")
    return Statement(
        text=text, format=_last_format(tokens), first=tokens[0].text.upper(), words=words
    )


def _tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        kind = "string" if kind == "tag" else kind
        if kind != "space":
            yield Token(kind, found[0], found.start(), found.end())


def _last_format(tokens: list[Token]) -> str | None:
    for at in range(len(tokens) - 2, -1, -1):
        after = tokens[at + 2] if at + 2 < len(tokens) else None
        ends = after is None or after.text == ";" or after.word == "SETTINGS"
        if tokens[at].word == "FORMAT" and tokens[at + 1].kind == "word" and ends:
            return tokens[at + 1].text
    return None


def _insert(text: str) -> Statement:
    """Follow the clauses of an INSERT up to the one that says where its data comes from."""
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
            found = Statement(text=text[: token.start], format=after.text, data=data)
            return replace(found, insert=True, settings=settings)
        if clause == "VALUES" and not selects:
            found = Statement(text=text[: token.start], format="Values", data=token.end)
            return replace(found, insert=True, settings=settings)
        if clause == "INFILE":
            raise Fault(NOT_IMPLEMENTED, "INSERT FROM INFILE is not taken over HTTP.")
        if clause == "SETTINGS" and settings is None:
            settings = token.start
        selects = selects or clause in ("SELECT", "WITH")
        before = token
    if selects and _INPUT.search(text):
        raise Fault(NOT_IMPLEMENTED, "INSERT SELECT FROM input() is not taken here.")
    if selects:
        return Statement(text=text, insert=True)
    found = Statement(text=text, insert=True, format="Values", data=len(text))
    return replace(found, settings=settings)


def _pairs(text: str) -> Iterator[tuple[Token, Token | None]]:
    held: Token | None = None
    for token in _tokens(text):
        if held is not None:
            yield held, token
        held = token
    if held is not None:
        yield held, None


def _data_start(text: str, start: int) -> int:
    # ClickHouse: data starts after the first line break, or else after the blanks.
    while text[start : start + 1] in (" ", "\t", "\f"):
        start += 1
    start += text[start : start + 1] == "\r"
    return start + (text[start : start + 1] == "\n")
