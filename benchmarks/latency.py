"""How long a client waits for its acknowledgement, and how soon after a cold start.

    .venv/bin/python benchmarks/latency.py [--seconds 20]

Finds the greatest load that is sustained, which is what gets stored; a burst is acknowledged far
faster. Then offers half of it on a schedule: to a store at rest, and to one whose readers scan all
of it the whole time. A request's time runs from when it was due, so that a stall counts for every
request that it held up.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from kit.spans import request  # noqa: E402
from kit.stack import Stack, eventually  # noqa: E402

import load as generator  # noqa: E402

SCAN = "SELECT sum(length(toString(SpanAttributes))), uniq(SpanId) FROM otel_traces"
READERS = 2


def offer(stack: Stack, spans: int, rate: float = 0.0) -> dict[str, Any]:
    count = str(max(1, int(spans) // generator.SPANS))
    command = [sys.executable, str(HERE / "load.py"), str(stack.http), "--requests", count]
    return dict(json.loads(subprocess.check_output([*command, "--rate", str(rate)])))


def cold_start_s(folder: Path) -> float:
    """From the start of the process to its first acknowledgement."""
    stack = Stack(folder / "cold")
    began = time.monotonic()
    stack.spawn("up")
    try:
        eventually(lambda: acknowledges(stack))
        return time.monotonic() - began
    finally:
        stack.kill()


def acknowledges(stack: Stack) -> bool:
    try:
        return stack.post(request())[0] == 200
    except OSError:
        return False


def line(name: str, result: dict[str, Any]) -> None:
    rate = result["spans"] / result["seconds"]
    times = "  ".join(f"{key} {result[key] * 1000:7.1f} ms" for key in ("p50", "p99", "max"))
    print(f"{name:34} {rate:10,.0f} spans/s  {times}", flush=True)


class Readers:
    """Scan everything, again and again, until told to stop."""

    def __init__(self, stack: Stack) -> None:
        self.scans = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._scan, args=(stack,)) for _ in range(READERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _scan(self, stack: Stack) -> None:
        while not self._stop.is_set():
            stack.query(SCAN)
            self.scans += 1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    generator.bodies()
    with tempfile.TemporaryDirectory(prefix="fleetglass-bench-") as folder:
        starts = [cold_start_s(Path(folder) / str(turn)) for turn in range(3)]
        print("cold start to the first acknowledgement:", *(f"{start:.2f} s" for start in starts))
        stack = Stack(Path(folder) / "data", {"FLEETGLASS_JOURNAL_SEGMENT_AGE_MS": "1000"})
        stack.start()
        try:
            began = time.monotonic()
            burst = offer(stack, 500_000)
            line("a burst of all there is", burst)
            eventually(stack.settled, within_s=300)
            most = burst["spans"] / (time.monotonic() - began)
            print(f"sustained: {most:,.0f} spans/s")
            half = most / 2
            spans = int(half * options.seconds)
            line("half, the store at rest", offer(stack, spans, half))
            readers = Readers(stack)
            line("half, readers scanning all of it", offer(stack, spans, half))
            readers.stop()
            print(f"scans of the whole store meanwhile: {readers.scans}")
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
