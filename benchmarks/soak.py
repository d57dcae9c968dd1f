"""Ten minutes at a steady load: is memory flat, does everything arrive?

.venv/bin/python benchmarks/soak.py [--minutes 10] [--rate 20000]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from kit.stack import Stack, eventually  # noqa: E402

import load as generator  # noqa: E402
from processes import cpu_seconds, resident_bytes, tree  # noqa: E402

SAMPLE_S = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=20_000.0, help="spans a second")
    options = parser.parse_args()
    generator.bodies()
    with tempfile.TemporaryDirectory(prefix="fleetglass-bench-") as folder:
        stack = Stack(Path(folder) / "data", {"FLEETGLASS_JOURNAL_SEGMENT_AGE_MS": "1000"})
        stack.start()
        try:
            soak(stack, options.minutes * 60, options.rate)
        finally:
            stack.stop()


def soak(stack: Stack, seconds: float, rate: float) -> None:
    assert stack.process
    requests = int(seconds * rate / generator.SPANS)
    command = [sys.executable, str(HERE / "load.py"), str(stack.http)]
    load = subprocess.Popen([*command, "--requests", str(requests), "--rate", str(rate)])
    began = time.monotonic()
    print(f"{'seconds':>8} {'resident MB':>12} {'CPU s':>8} {'waiting spans':>14}")
    while load.poll() is None:
        time.sleep(SAMPLE_S)
        pids = tree(stack.process.pid)
        waiting = stack.metrics()["fleetglass_spans_waiting"]
        resident = resident_bytes(pids) / 1e6
        elapsed, busy = time.monotonic() - began, cpu_seconds(pids)
        print(f"{elapsed:8.0f} {resident:12.0f} {busy:8.0f} {waiting:14,.0f}", flush=True)
    eventually(stack.settled, within_s=300)
    sent = requests * generator.SPANS
    print(f"sent {sent:,}, stored {stack.count():,}, lost {sent - stack.count():,}")


if __name__ == "__main__":
    main()
