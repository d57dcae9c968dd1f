"""Send recorded spans to a collector: fleetglass replay spans.jsonl.gz --rebase now.

A file holds OTLP trace requests. Its name ends in
  .pb      one request, or many, each after its length
  .json    one request
  .jsonl   one request per line, as the file exporter of the OpenTelemetry Collector writes them
or in one of these and .gz.

The spans go to the collector of the configuration, or to --endpoint. Records that cannot be read or
are refused are reported, and the others are sent; the exit status is then 1.

The collector accepts spans older than the retention, but the database deletes them at once. To keep
an old recording, move its times to now with --rebase now.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from fleetglass_collector.access.owner import known_owner_key
from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError, StoreError
from fleetglass_collector.store.endpoint import Endpoint
from fleetglass_server.recordings.otlp_client import OtlpClient, Waiting
from fleetglass_server.recordings.progress import send_all
from fleetglass_server.recordings.replay import Replay, Tally, newest

NAME = "replay"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="recorded spans")
    parser.add_argument("--endpoint", metavar="URL", help="another OTLP/HTTP receiver")
    parser.add_argument(
        "--key",
        default="",
        help="key with scope 'ingest' (default: the variable FLEETGLASS_KEY)",
    )
    parser.add_argument(
        "--rebase",
        choices=["now"],
        help="shift all times by the same amount, so that the latest span in the files ends now",
    )


def run(config: Config, options: argparse.Namespace) -> int:
    files: list[Path] = options.files
    key = options.key or os.environ.get("FLEETGLASS_KEY", "")
    if not options.endpoint:
        key = options.key or known_owner_key(config.folder) or key
    waiting = Waiting(sleep=time.sleep, clock=lambda: time.time_ns() / 1e9)
    client = OtlpClient(_endpoint(config, options.endpoint), key=key, waiting=waiting)
    offset_ns = _offset_ns(files) if options.rebase else 0
    replay = Replay(client, limit=config.receiver.max_request_bytes, offset_ns=offset_ns)
    try:
        send_all(replay, files)
    except StoreError as error:
        raise _with_advice(error, local=not options.endpoint) from error
    finally:
        client.close()
        print(summary(replay.tally))
    return 0 if replay.tally.clean else 1


def summary(tally: Tally) -> str:
    lines = [f"{tally.sent} {'span' if tally.sent == 1 else 'spans'} sent"]
    lines += [
        f"{number} spans rejected: {reason}" for reason, number in tally.rejected.most_common()
    ]
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


def _with_advice(error: StoreError, *, local: bool) -> StoreError | ConfigError:
    """Return the error with advice added for what to do."""
    if error.code in (401, 403):
        return ConfigError(f"{error}\nGive a key with scope 'ingest' with --key or FLEETGLASS_KEY.")
    if not error.code and local:
        return ConfigError(
            f"{error}\nStart it with 'fleetglass up', or give another receiver with --endpoint."
        )
    return error
