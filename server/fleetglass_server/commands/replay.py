"""Send recorded OTLP traces again: fleetglass replay spans.jsonl.gz --rebase now.

Files are .pb (one request, or a sequence of them, each after its length), .json (one request) or
.jsonl (a request a line, as the OpenTelemetry Collector's file exporter writes them); each also
.gz. They go to the receiver that the configuration names, or to --endpoint. What cannot be read
or is refused is reported, the rest is sent, and the exit status is 1.

A span older than the retention is taken and not kept: --rebase now makes old recordings new.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError, StoreError
from fleetglass_collector.store.endpoint import Endpoint
from fleetglass_server.recordings.otlp_client import OtlpClient, Waiting
from fleetglass_server.recordings.progress import send_all
from fleetglass_server.recordings.replay import Replay, Tally, newest

NAME = "replay"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--endpoint", metavar="URL", help="an OTLP/HTTP receiver elsewhere")
    parser.add_argument("--key", default="", help="a key with scope 'ingest'; or FLEETGLASS_KEY")
    parser.add_argument(
        "--rebase",
        choices=["now"],
        help="shift all times alike, so that the newest span of all the files ends now",
    )


def run(config: Config, options: argparse.Namespace) -> int:
    files: list[Path] = options.files
    key = options.key or os.environ.get("FLEETGLASS_KEY", "")
    waiting = Waiting(sleep=time.sleep, clock=lambda: time.time_ns() / 1e9)
    client = OtlpClient(_endpoint(config, options.endpoint), key=key, waiting=waiting)
    offset_ns = _offset_ns(files) if options.rebase else 0
    replay = Replay(client, limit=config.receiver.max_request_bytes, offset_ns=offset_ns)
    try:
        send_all(replay, files)
    except StoreError as error:
        raise _advised(error, local=not options.endpoint) from error
    finally:
        client.close()
        print(summary(replay.tally))
    return 0 if replay.tally.clean else 1


def summary(tally: Tally) -> str:
    lines = [f"{tally.sent} spans sent"]
    lines += [f"{number} spans rejected: {why}" for why, number in tally.rejected.most_common()]
    if tally.failed:
        lines += [f"{tally.failed} failures:", *(f"  {failure}" for failure in tally.failures)]
    if tally.failed > len(tally.failures):
        lines.append(f"  and {tally.failed - len(tally.failures)} more")
    return "\n".join(lines)


def _offset_ns(files: Sequence[Path]) -> int:
    latest = newest(files)
    return time.time_ns() - latest if latest else 0


def _endpoint(config: Config, url: str | None) -> Endpoint:
    if url:
        return Endpoint.at(url, port=4318).joined("v1/traces")
    certificate = config.receiver.tls_certificate
    return Endpoint.of_listener(config.receiver.http, certificate=certificate).joined("v1/traces")


def _advised(error: StoreError, *, local: bool) -> StoreError | ConfigError:
    """Add what to do about it."""
    if error.code in (401, 403):
        return ConfigError(f"{error}\nGive a key with scope 'ingest' by --key or FLEETGLASS_KEY.")
    if not error.code and local:
        return ConfigError(f"{error}\nStart it with 'fleetglass up', or name another: --endpoint.")
    return error
