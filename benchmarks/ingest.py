"""Ingest, side by side in one run: ours, a straight Python decode, and the Rust collector rotel.

    scripts/bench [--spans 300000] [--rounds 3] [--only receive,store,python,rotel]

For each: spans a second, and CPU seconds per million spans of every process that takes part, the
database and its background merges included, the load generator not. The payload is payload.py's:
about 1.5 KB a span, half of them model calls with messages, gzipped.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from kit.stack import Stack, answers, eventually, free_port  # noqa: E402

import load as generator  # noqa: E402
from fleetglass_collector.access.owner import owner_secret  # noqa: E402
from fleetglass_collector.embedded.users import WRITER  # noqa: E402
from fleetglass_collector.store.client import Store  # noqa: E402
from processes import Meter, tree  # noqa: E402

QUIET_S = 3.0
GIVE_UP_S = 20.0
ROTEL_BATCH = "8192"
EXPORTERS_OWN = (
    "ALTER TABLE otel_traces MODIFY SETTING "
    "min_bytes_for_wide_part = 10485760, merge_selector_base = 5"
)
# Tests hurry; here things are as they are by default.
DEFAULTS = {"FLEETGLASS_JOURNAL_SEGMENT_AGE_MS": "1000"}


@dataclass(frozen=True, slots=True)
class Result:
    spans_per_s: float
    cpu_per_million: float
    merges_per_million: float = 0.0
    lost: int = 0


def offer(port: int, spans: int, *, rate: float = 0.0) -> dict[str, Any]:
    """Run the load generator to its end."""
    arguments = ["--requests", str(spans // generator.SPANS), "--rate", str(rate)]
    command = [sys.executable, str(HERE / "load.py"), str(port), *arguments]
    return dict(json.loads(subprocess.check_output(command)))


def measure(stack: Stack, pids: list[int], send: Callable[[], Any], spans: int) -> Result:
    """Send, wait until every row is there, then until the database has nothing left to merge."""
    meter, began = Meter(pids), time.monotonic()
    send()
    stored, ended = wait_for_rows(stack, spans)
    wait_until_settled(stack)
    busy = meter.read()
    wait_for_merges(stack)
    total = meter.read()
    return Result(
        spans_per_s=stored / (ended - began),
        cpu_per_million=total / stored * 1e6,
        merges_per_million=(total - busy) / stored * 1e6,
        lost=spans - stored,
    )


def wait_for_rows(stack: Stack, spans: int) -> tuple[int, float]:
    """Wait for all rows, or for as many as come: not every collector keeps what it took."""
    stored, changed = 0, time.monotonic()
    while stored < spans and time.monotonic() - changed < GIVE_UP_S:
        # Seldom: each question costs the database a few milliseconds, which are counted.
        time.sleep(0.5)
        if (now := stack.count()) != stored:
            stored, changed = now, time.monotonic()
    return stored, changed


def wait_until_settled(stack: Stack) -> None:
    """Wait until what the agents' tables hold is settled: at once, where they hold nothing."""
    behind = (
        "SELECT (SELECT max(segment) FROM agent_spans_rows) > "
        "(SELECT max(segment) FROM settled) AS behind"
    )
    while int(stack.query(behind)[0]["behind"]):
        time.sleep(0.5)


def wait_for_merges(stack: Stack) -> None:
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET_S:
        time.sleep(0.5)
        if stack.query("SELECT count() AS n FROM system.merges")[0]["n"] not in (0, "0"):
            quiet_since = time.monotonic()


def receive(folder: Path, spans: int) -> Result:
    """Receive and journal; the database is away."""
    away = f"http://127.0.0.1:{free_port()}"
    stack = Stack(folder / "data", {**DEFAULTS, "FLEETGLASS_STORE_DSN": away})
    stack.settings["FLEETGLASS_JOURNAL_MAX_BYTES"] = str(64 << 30)
    stack.start("collect", "--alone")
    try:
        assert stack.process
        meter = Meter([stack.process.pid])
        seconds = offer(stack.http, spans)["seconds"]
        return Result(spans / seconds, meter.read() / spans * 1e6)
    finally:
        stack.kill()


def store(folder: Path, spans: int) -> Result:
    """End to end: acknowledged, journalled, decoded, rows in every table, settled."""
    return end_to_end(folder, spans, plain=False)


def plain(folder: Path, spans: int) -> Result:
    """The same into otel_traces only, as if there were no agents."""
    return end_to_end(folder, spans, plain=True)


def end_to_end(folder: Path, spans: int, *, plain: bool) -> Result:
    stack = Stack(folder / "data", dict(DEFAULTS))
    stack.start()
    try:
        # What is done once at the first start is no part of it.
        eventually(lambda: "settling spans as they arrive" in stack.log.read_text())
        if plain:
            dsn = f"http://{WRITER}:{owner_secret(stack.folder)}@127.0.0.1:{stack.query_port}"
            Store.open(dsn, database="default", timeout_s=30).command("DROP VIEW otlp_spans_mv")
        assert stack.process
        return measure(stack, tree(stack.process.pid), lambda: offer(stack.http, spans), spans)
    finally:
        stack.stop()


def python(folder: Path, spans: int) -> Result:
    """The straight Python decode, into the same table of the same database."""
    port = free_port()
    arguments = [str(HERE / "decode_in_python.py"), str(port)]
    return rival(folder, spans, [sys.executable, *arguments], port, {})


def rotel_as_is(folder: Path, spans: int) -> Result:
    """The same with the table's settings as the exporter leaves them, without our tuning."""
    return rotel(folder, spans, settings=EXPORTERS_OWN)


def rotel(folder: Path, spans: int, settings: str = "") -> Result:
    """The Rust collector, with its ClickHouse exporter, into the same table."""
    port = free_port()
    agent = _rotel_agent()
    environment = {
        "ROTEL_OTLP_HTTP_ENDPOINT": f"127.0.0.1:{port}",
        "ROTEL_OTLP_GRPC_ENDPOINT": f"127.0.0.1:{free_port()}",
        "ROTEL_EXPORTER": "clickhouse",
        "ROTEL_CLICKHOUSE_EXPORTER_DATABASE": "default",
        "ROTEL_CLICKHOUSE_EXPORTER_ASYNC_INSERT": "false",
        "ROTEL_CLICKHOUSE_EXPORTER_USER": "writer",
        "ROTEL_BATCH_MAX_SIZE": ROTEL_BATCH,
    }
    return rival(folder, spans, [str(agent), "start"], port, environment, alter=settings)


def _rotel_agent() -> Path:
    found = importlib.util.find_spec("rotel")
    if not found or not found.origin:
        raise SystemExit("rotel is not installed: run this with scripts/bench")
    return Path(found.origin).parent / "rotel-agent"


def rival(
    folder: Path,
    spans: int,
    command: list[str],
    port: int,
    settings: dict[str, str],
    *,
    alter: str = "",
) -> Result:
    """Run another collector against our store."""
    stack = Stack(folder / "data", dict(DEFAULTS))
    stack.start()
    password = (stack.folder / "writer.key").read_text().strip()
    if alter:
        database = f"http://writer:{password}@127.0.0.1:{stack.query_port}"
        Store.open(database, database="default", timeout_s=30).command(alter)
    if command[0] == sys.executable:
        command = [*command, str(stack.query_port), password]
    environment = {
        **os.environ,
        **settings,
        "ROTEL_CLICKHOUSE_EXPORTER_ENDPOINT": f"http://127.0.0.1:{stack.query_port}",
        "ROTEL_CLICKHOUSE_EXPORTER_PASSWORD": password,
    }
    with open(folder / "rival.log", "wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        eventually(lambda: answers(port))
        pids = [process.pid, stack.child("store") or 0]
        return measure(stack, pids, lambda: offer(port, spans), spans)
    finally:
        process.kill()
        process.wait()
        stack.stop()


WAYS: dict[str, tuple[str, Callable[[Path, int], Result]]] = {
    "receive": ("(a) receive + journal", receive),
    "store": ("(b) end to end to rows", store),
    "plain": ("(b') the same, otel_traces alone", plain),
    "python": ("(c) straight Python decode", python),
    "rotel": ("(d) rotel into the same table", rotel),
    "rotel-as-is": ("(d') the same, settings as shipped", rotel_as_is),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(WAYS))
    options = parser.parse_args()
    generator.bodies()
    results: dict[str, list[Result]] = {name: [] for name in options.only.split(",")}
    # Interleaved, so that a noisy minute falls on all of them.
    for turn in range(options.rounds):
        for name in results:
            with tempfile.TemporaryDirectory(prefix="fleetglass-bench-") as folder:
                spans = options.spans // generator.SPANS * generator.SPANS
                results[name].append(WAYS[name][1](Path(folder), spans))
            print(f"round {turn + 1}  {name:8} {results[name][-1]}", file=sys.stderr, flush=True)
    report(results)


def report(results: dict[str, list[Result]]) -> None:
    head = ("", "spans/s", "CPU-s per million", "of which merges after", "lost")
    print("{:36} {:>10} {:>18} {:>22} {:>8}".format(*head))
    middle: dict[str, Result] = {}
    for name, found in results.items():
        middle[name] = Result(
            median(result.spans_per_s for result in found),
            median(result.cpu_per_million for result in found),
            median(result.merges_per_million for result in found),
            max(result.lost for result in found),
        )
        row = middle[name]
        print(
            f"{WAYS[name][0]:36} {row.spans_per_s:10,.0f} {row.cpu_per_million:18.1f} "
            f"{row.merges_per_million:22.1f} {row.lost:8,}"
        )
    for rust in middle.keys() & {"rotel", "rotel-as-is"} if "store" in middle else ():
        ratio = middle["store"].cpu_per_million / middle[rust].cpu_per_million
        print(f"CPU of (b) over {rust}: {ratio:.2f}")
    if {"store", "plain"} <= middle.keys():
        added = middle["store"].cpu_per_million / middle["plain"].cpu_per_million - 1
        print(f"what the agents' tables add to (b'): {added:.0%}")
    if {"store", "python"} <= middle.keys():
        ratio = middle["store"].spans_per_s / middle["python"].spans_per_s
        print(f"throughput of (b) over (c): {ratio:.1f}")


if __name__ == "__main__":
    main()
