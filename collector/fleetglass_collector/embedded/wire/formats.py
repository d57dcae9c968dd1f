"""The content types of output formats, and which formats can be sent block by block.

chDB returns a streamed result in blocks, and each block is a complete document in the format
(measured with 4.4.0). Blocks of rows can be joined unchanged. Where each block repeats a header
line, the header is cut off all blocks but the first. Any other format (JSON, Parquet, Arrow,
Pretty) is made as a whole.
"""

from collections.abc import Callable, Iterator

_TEXT = "text/plain; charset=UTF-8"
_TYPES = {
    "json": "application/json; charset=UTF-8",
    "csv": "text/csv; charset=UTF-8",
    "tabseparated": "text/tab-separated-values; charset=UTF-8",
    "tsv": "text/tab-separated-values; charset=UTF-8",
    "native": "application/octet-stream",
    "rowbinary": "application/octet-stream",
    "parquet": "application/octet-stream",
    "arrow": "application/octet-stream",
    "orc": "application/octet-stream",
    "xml": "application/xml; charset=UTF-8",
}
_LINES = {
    "native", "rowbinary", "tabseparated", "tsv", "tabseparatedraw", "tsvraw", "csv", "jsoneachrow",
    "jsonlines", "ndjson", "jsoncompacteachrow", "jsonstringseachrow", "jsoncompactstringseachrow",
    "lineasstring", "rawblob", "tskv", "null", "msgpack",
}  # fmt: skip
_HEADED = {
    f"{base}{names}": lines
    for base in ("tabseparated", "tsv", "tabseparatedraw", "tsvraw", "csv", "jsoncompacteachrow")
    for names, lines in (("withnames", 1), ("withnamesandtypes", 2))
}


def content_type(name: str) -> str:
    lower = name.lower()
    return next((kind for start, kind in _TYPES.items() if lower.startswith(start)), _TEXT)


def streams(name: str) -> bool:
    return name.lower() in _LINES or name.lower() in _HEADED


def has_header(name: str) -> bool:
    return name.lower() in _HEADED


def join(name: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Make one document of blocks that are each a complete document."""
    lines = _HEADED.get(name.lower(), 0)
    cut = _quoted_lines if name.lower().startswith("csv") else _lines
    for index, block in enumerate(blocks):
        yield block if index == 0 or not lines else _without(block, lines, cut)


def _without(block: bytes, lines: int, cut: Callable[[bytes], int]) -> bytes:
    for _ in range(lines):
        block = block[cut(block) :]
    return block


def _lines(block: bytes) -> int:
    return block.find(b"\n") + 1


def _quoted_lines(block: bytes) -> int:
    """Return the length of the first CSV line, whose quoted names may hold line breaks."""
    end = block.find(b"\n") + 1
    while end and block.count(b'"', 0, end) % 2:
        end = block.find(b"\n", end) + 1
    return end
