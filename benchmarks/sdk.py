"""What a decorated call costs, side by side: ours, a bare OpenTelemetry span, and the peers.

    .venv/bin/python benchmarks/sdk.py [--rounds 3] [--only fleetglass,opentelemetry,...]
        [--python langfuse=/path/to/python ...]

Each SDK runs in a process of its own and exports to a sink on this machine, or to nobody at all
(`down`). A peer wants a Python that has it: `python -m venv P && P/bin/pip install langfuse`.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
OURS = ("nothing", "opentelemetry", "fleetglass")
COLUMNS = ("sync us", "async us", "p99 us", "calls/s, 200 tasks", "all CPU us", "bytes")
# What the worker calls: to warm up, sync, async, one by one; and many together.
CALLS = 7 * (4 * 1_500 + 200 * 7)


class Sink:
    def __init__(self) -> None:
        self.bytes = 0
        self.url = ""


@contextmanager
def sink() -> Generator[Sink]:
    counted = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            self.rfile.read(size)
            counted.bytes += size
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        counted.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield counted
        server.shutdown()


def measured(python: str, name: str, content: str, *, down: bool) -> dict[str, float] | None:
    with sink() as counted:
        url = "http://127.0.0.1:9" if down else counted.url
        command = [python, str(HERE / "sdk_worker.py"), name, url, "--content", content]
        command += ["--down"] if down else []
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
        found = re.search(r"RESULT (.*)", done.stdout)
        if not found:
            print(f"{name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return None
        return {**json.loads(found[1]), "bytes": counted.bytes / CALLS}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    pythons: dict[str, str] = dict.fromkeys(OURS, sys.executable)
    pythons |= dict(given.split("=", 1) for given in options.python)
    names = [name for name in pythons if not options.only or name in options.only.split(",")]
    rows = [(name, content, False) for content in ("off", "on") for name in names]
    rows += [(name, "off", True) for name in OURS if name in names]
    found: dict[tuple[str, str, bool], list[dict[str, float]]] = {row: [] for row in rows}
    for _ in range(options.rounds):
        for name, content, down in rows:
            if result := measured(pythons[name], name, content, down=down):
                found[name, content, down].append(result)
    print(f"{'':28}" + "".join(f"{column:>20}" for column in COLUMNS))
    for (name, content, down), results in found.items():
        if results:
            print(line(f"{name}, {'down' if down else f'content {content}'}", results))


def line(title: str, results: list[dict[str, float]]) -> str:
    middle = {key: statistics.median(result[key] for result in results) for key in results[0]}
    cells = ("sync", "async", "slow", "together", "cpu", "bytes")
    return f"{title:28}" + "".join(f"{middle[cell]:20,.1f}" for cell in cells)


if __name__ == "__main__":
    main()
