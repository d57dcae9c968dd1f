"""Ask the database: fleetglass query "SELECT count() FROM otel_traces".

Without SQL, or with '-', it is read from standard input. The database is the one that the
configuration names; for one elsewhere give --dsn http(s)://host:port and a key with scope 'read',
by --key or the variable FLEETGLASS_KEY.

Formats: table (the default; at most a thousand rows are shown), json (one object a line), csv, or
any of ClickHouse's, such as Vertical, TSV or Parquet. A FORMAT in the SQL goes first.
"""

import argparse
import codecs
import os
import sys
from collections.abc import Callable

from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError, StoreError
from fleetglass_collector.store.reader import Reader

NAME = "query"
FORMATS = {"table": "PrettyCompact", "json": "JSONEachRow", "csv": "CSVWithNames"}
# What a span holds may come from anywhere: on a terminal no control character gets through, so
# none can move the cursor, rename the window or hide a line.
_SHOWN = {code: "?" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL", nargs="?", default="-", help="one statement")
    parser.add_argument("--format", default="table", help="table, json, csv or a ClickHouse format")
    parser.add_argument("--dsn", metavar="URL", help="http(s)://user:password@host:port")
    parser.add_argument("--key", default="", help="for a database elsewhere; or FLEETGLASS_KEY")


def run(config: Config, options: argparse.Namespace) -> int:
    # The variable is for a database elsewhere: here a reader needs no key.
    key = options.key or (os.environ.get("FLEETGLASS_KEY", "") if config.is_remote else "")
    reader = Reader.of(config, key=key)
    sql = _sql(options.sql)
    format = str(options.format)
    write = _to_terminal() if sys.stdout.isatty() else sys.stdout.buffer.write
    try:
        for piece in reader.stream(sql, FORMATS.get(format, format)):
            write(piece)
            sys.stdout.flush()
    except StoreError as error:
        raise advised(error, config, str(reader.endpoint)) from error
    return 0


def _to_terminal() -> Callable[[bytes], int]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return lambda piece: sys.stdout.write(shown(decoder.decode(piece)))


def shown(text: str) -> str:
    """Text that a span may have brought, fit for a terminal."""
    return text.translate(_SHOWN)


def _sql(given: str) -> str:
    if given == "-":
        if sys.stdin.isatty():
            print("SQL, then Ctrl-D:", file=sys.stderr)
        given = sys.stdin.buffer.read().decode(errors="surrogateescape")
    if not given.strip():
        raise ConfigError("there is no SQL; try: fleetglass query 'SHOW TABLES'")
    return given


def advised(error: StoreError, config: Config, where: str) -> StoreError:
    """Add what to do about it."""
    advice = ""
    if not error.code and str(error).startswith(f"{where}: "):
        advice = (
            "Is the DSN right, and the server up?"
            if config.is_remote
            else "Start it with 'fleetglass up', or name another database with --dsn."
        )
    elif error.code in (192, 193, 194, 516):
        advice = (
            "Give a key with scope 'read' (--key, FLEETGLASS_KEY), or a user and password "
            "in the DSN."
        )
    return StoreError(f"{error}\n{advice}".strip(), code=error.code)
