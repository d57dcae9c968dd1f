"""Check and export the audit log: who did what, in chains that show every change.

Each entry contains the hash of the one before it. 'verify' walks every chain and names each entry
that was changed, doubled, taken out or put out of order; then its exit status is 1.

A chain cannot show that entries are missing at its end, nor that somebody who can write to the
database made all of it anew. So keep what 'verify' prints somewhere else, and give it back later:

  fleetglass audit verify > elsewhere/audit.txt
  fleetglass audit verify --expect elsewhere/audit.txt

'export' prints one entry a line, as JSON. Other programs can check it too: the hash is the SHA-256
of the entry without its 'hash', as JSON with sorted keys and no spaces, in UTF-8 (RFC 8785), and
'previous' is the hash of the entry before. In Python:

  e = json.loads(line); h = e.pop("hash")
  text = json.dumps(e, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
  assert hashlib.sha256(text.encode()).hexdigest() == h
"""

import argparse
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError, StoreError
from fleetglass_server.commands import flags
from fleetglass_server.commands.advice import with_advice
from fleetglass_server.terminal import printable

NAME = "audit"
EXPECTED = re.compile(r"(\S+):([0-9a-f]{64})(?!\S)")


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="say of each chain whether it is whole")
    verify.add_argument("--file", metavar="EXPORT", type=Path, help="check an export instead")
    verify.add_argument(
        "--part", action="store_true", help="chains may begin at any entry, as after export --since"
    )
    verify.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="CHAIN:HASH",
        help="a hash that the chain must contain, or a file of them, such as an earlier output",
    )
    verify.add_argument("--json", action="store_true", help="print one JSON object per chain")
    export = actions.add_parser("export", help="print the entries with their hashes, one a line")
    export.add_argument(
        "--since",
        type=flags.duration,
        default=0,
        metavar="TIME",
        help="how far back, such as 24h (default: all)",
    )
    for action in (verify, export):
        flags.add_reader(action)
    flags.repeat_data_and_config(verify, export)


def run(config: Config, options: argparse.Namespace) -> int:
    try:
        return _verify(config, options) if options.action == "verify" else _export(config, options)
    except StoreError as error:
        raise with_advice(error, config) from error


def _verify(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_detectors.audit.verify import walks
    from fleetglass_server.audit import reading, report

    expected = [pair for text in options.expect for pair in _expected(text)]
    entries = (
        reading.exported(options.file)
        if options.file
        else reading.stored(flags.reader(config, options))
    )
    found = walks(entries, expected, is_part=options.part)
    for walk in found:
        for line in [json.dumps(report.row(walk))] if options.json else report.lines(walk):
            print(printable(line))
    if not found and not options.json:
        print("The audit log has no entries.")
    return 0 if all(walk.is_whole for walk in found) else 1


def _expected(text: str) -> Iterator[tuple[str, str]]:
    """Yield chains and hashes: one that is given, or those in a file."""
    if match := EXPECTED.fullmatch(text):
        yield match[1], match[2]
        return
    try:
        content = Path(text).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"--expect {text!r} is neither CHAIN:HASH (64 hex digits) nor a file that can be read"
        ) from error
    pairs = EXPECTED.findall(content)
    if not pairs:
        raise ConfigError(f"{text!r} has no CHAIN:HASH, as 'fleetglass audit verify' prints them")
    yield from pairs


def _export(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_server.audit import reading

    since_us = int(time.time_ns() // 1000 - options.since * 1e6) if options.since else 0
    for entry in reading.stored(flags.reader(config, options), since_us):
        print(entry.line)
    return 0
