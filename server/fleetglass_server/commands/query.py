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
from fleetglass_server.commands.advice import advised
from fleetglass_server.terminal import safe

NAME = "query"
FORMATS = {"table": "PrettyCompact", "json": "JSONEachRow", "csv": "CSVWithNames"}


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
    return lambda piece: sys.stdout.write(safe(decoder.decode(piece)))


def _sql(given: str) -> str:
    if given == "-":
        if sys.stdin.isatty():
            print("SQL, then Ctrl-D:", file=sys.stderr)
        given = sys.stdin.buffer.read().decode(errors="surrogateescape")
    if not given.strip():
        raise ConfigError("there is no SQL; try: fleetglass query 'SHOW TABLES'")
    return given
