"""The detection engine: how many spans it keeps up with, and how soon an incident is there.

    .venv/bin/python benchmarks/engine.py [--spans 300000] [--rate 5000] [--seconds 60]

First a store is filled and the engine reads it all, alone, on one core: spans a second, and CPU
seconds by detector. Then everything runs at once: a load of healthy runs at a rate, and every two
seconds a run that begins to go in circles. From the acknowledgement of the span that makes it
certain to the row in `incidents` is the delay.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from kit.databases import opened  # noqa: E402
from kit.looping_runs import run_of, trace_id  # noqa: E402
from kit.stack import Stack, eventually, request  # noqa: E402

from fleetglass_collector.access.owner import owner_secret  # noqa: E402
from fleetglass_collector.embedded.users import WRITER  # noqa: E402
from fleetglass_collector.store.client import Store  # noqa: E402
from fleetglass_detectors.engine.engine import TrackedDatabase, Watch  # noqa: E402
from fleetglass_detectors.engine.feed import Feed  # noqa: E402
from fleetglass_detectors.engine.health import Health  # noqa: E402
from fleetglass_detectors.engine.listing import live  # noqa: E402
from fleetglass_detectors.fleet import Fleet  # noqa: E402
from processes import Meter, tree  # noqa: E402

SPANS_IN_A_REQUEST = 512


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=300_000)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder)) as stack:
            load(stack, options.spans, rate=0)
            eventually(lambda: settled(stack, options.spans), within_s=600)
            throughput(stack)
        with running(Path(folder) / "second") as stack:
            latency(stack, options.rate, options.seconds)


@contextmanager
def running(folder: Path) -> Generator[Stack]:
    stack = Stack(folder / "data", {"FLEETGLASS_JOURNAL_SEGMENT_AGE_MS": "1000"})
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


def load(stack: Stack, spans: int, *, rate: int) -> None:
    command = [sys.executable, str(HERE / "load.py"), str(stack.http)]
    command += ["--requests", str(spans // SPANS_IN_A_REQUEST), "--rate", str(rate)]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def settled(stack: Stack, spans: int) -> bool:
    sql = (
        "SELECT countIf(version = 0 AND segment <= (SELECT max(segment) FROM settled)) AS n "
        "FROM agent_spans_rows"
    )
    return int(stack.query(sql)[0]["n"]) >= spans // SPANS_IN_A_REQUEST * SPANS_IN_A_REQUEST


def throughput(stack: Stack) -> None:
    """All at once, by an engine of its own in this process; the other has seen it before."""
    dsn = f"http://{WRITER}:{owner_secret(stack.folder)}@127.0.0.1:{stack.query_port}"
    with opened(dsn) as store:
        for names in (("lag", "branching", "silent", "caps"), ("wording",)):
            measured(store, names)


def measured(store: Store, names: tuple[str, ...]) -> None:
    database = TrackedDatabase(store)
    health = Health()
    watch = Watch(
        database,
        [one for one in live(database, health, Fleet()) if one.name in names],
        health=health,
    )
    feed = Feed(database)
    began, cpu, spans = time.perf_counter(), time.process_time(), 0
    while batch := feed.next():
        watch.look(batch)
        spans += len(batch.rows)
    took, used = time.perf_counter() - began, time.process_time() - cpu
    print(f"{'+'.join(names):30} {spans:9,} spans  {spans / took:9,.0f}/s  ", end="")
    print(f"{used / spans * 1e6:6.1f} CPU us a span", end="")
    for name in names:
        seconds = watch.health.get("seconds_total", detector=name)
        print(f"  {name} {seconds / spans * 1e6:.1f}", end="")
    skipped = health.get("runs_skipped_total")
    print(f"  incidents {len(watch.book)}, runs skipped {skipped}")


def latency(stack: Stack, rate: int, seconds: int) -> None:
    command = [sys.executable, str(HERE / "load.py"), str(stack.http), "--rate", str(rate)]
    command += ["--requests", str(rate * seconds // SPANS_IN_A_REQUEST)]
    meters = {name: Meter(tree(stack.child(name) or 0)) for name in ("detect", "settle", "store")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as loading:
        time.sleep(5)
        sent: dict[str, float] = {}
        delays: dict[str, float] = {}
        next_s, number = time.monotonic(), 1
        while loading.poll() is None or (len(delays) < len(sent) and number < 10_000):
            if loading.poll() is None and time.monotonic() >= next_s:
                sent[trace_id(number)] = looped(stack, number)
                next_s, number = next_s + 2, number + 1
            note(stack, sent, delays)
            if loading.poll() is not None and time.monotonic() > next_s + 60:
                break
            time.sleep(0.1)
        print(loading.stdout.read().strip() if loading.stdout else "")
    report(sent, delays, {name: meter.read() for name, meter in meters.items()}, seconds)


def looped(stack: Stack, number: int) -> float:
    """A run whose last span makes the third round of a cycle; when that was acknowledged."""
    # What is older than the retention has no words.
    began = time.time_ns() - 10_000_000_000
    body = run_of(["plan", *["search", "read"] * 3], trace=number, start_ns=began)
    headers = {"content-type": "application/json"}
    request(stack.http, "POST", "/v1/traces", json.dumps(body).encode(), headers)
    return time.monotonic()


def note(stack: Stack, sent: dict[str, float], delays: dict[str, float]) -> None:
    now = time.monotonic()
    for row in stack.query("SELECT DISTINCT trace_id FROM incidents_rows"):
        if (trace := row["trace_id"]) in sent and trace not in delays:
            delays[trace] = now - sent[trace]


def report(
    sent: dict[str, float], delays: dict[str, float], used: dict[str, float], seconds: int
) -> None:
    found = sorted(delays.values())
    print(f"{len(sent)} runs in circles, {len(found)} incidents", end="")
    if found:
        late = found[int(0.95 * (len(found) - 1))]
        print(f"; delay median {median(found):.1f} s, 95 % {late:.1f} s, most {found[-1]:.1f} s")
    for name, cpu in used.items():
        print(f"  {name}: {cpu / seconds:.2f} cores")


if __name__ == "__main__":
    main()
