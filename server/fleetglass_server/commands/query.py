"""Run SQL: fleetglass query "SELECT count() FROM otel_traces".

Without SQL, or with '-', the SQL is read from standard input. It runs in the database of the
configuration. For another one, give --dsn http(s)://host:port, and a key with scope 'read' if that
fleetglass has keys: with --key or the variable FLEETGLASS_KEY.

Formats: table (the default; it shows at most 1000 rows), json (one object per line), csv, or any
format of ClickHouse, for example Vertical, TSV or Parquet. A FORMAT clause in the SQL overrides
--format.
"""

import argparse
import codecs
import sys
from collections.abc import Callable

from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError, StoreError
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.terminal import printable

NAME = "query"
FORMATS = {"table": "PrettyCompact", "json": "JSONEachRow", "csv": "CSVWithNames"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL", nargs="?", default="-", help="one SQL statement")
    parser.add_argument(
        "--format",
        default="table",
        help="table, json, csv or a format of ClickHouse (default: table)",
    )
    flags.add_reader(parser)


def run(config: Config, options: argparse.Namespace) -> int:
    reader = flags.reader(config, options)
    sql = _sql(options.sql)
    format = str(options.format)
    write = _to_terminal() if sys.stdout.isatty() else sys.stdout.buffer.write
    is_empty = True
    try:
        for piece in reader.stream(sql, FORMATS.get(format, format)):
            write(piece)
            sys.stdout.flush()
            is_empty = is_empty and not piece
    except StoreError as error:
        raise with_advice(error, config) from error
    if is_empty and format == "table":
        print("The result has no rows.", file=sys.stderr)
    return 0


def _to_terminal() -> Callable[[bytes], int]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return lambda piece: sys.stdout.write(printable(decoder.decode(piece)))


def _sql(argument: str) -> str:
    sql = argument
    if argument == "-":
        if sys.stdin.isatty():
            print("Type the SQL, then press Ctrl-D:", file=sys.stderr)
        sql = sys.stdin.buffer.read().decode(errors="surrogateescape")
    if not sql.strip():
        raise ConfigError("the SQL is empty. Try: fleetglass query 'SHOW TABLES'")
    return sql
