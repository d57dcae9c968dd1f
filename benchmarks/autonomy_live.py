"""How soon a violation is an incident, while a fleet sends.

    .venv/bin/python benchmarks/autonomy_live.py [--rates 0,1000,5000] [--samples 8]

Starts fleetglass with a policy of a thousand agents, offers the load of `load.py` at each rate, and
sends a call beyond the policy now and then. The time runs from the end of the call, which is when
its request leaves, to the row of its incident.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from kit.agent_requests import pairs  # noqa: E402
from kit.stack import Stack, eventually  # noqa: E402
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: E402
    ExportTraceServiceRequest,
)

import load as generator  # noqa: E402

AGENTS = 1000
LONGEST_S = 60.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rates", default="0,1000,5000")
    arguments.add_argument("--samples", type=int, default=8)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.yaml"
        # Those that send the load have entries, and keep to them.
        lines = "".join(f"    - {{agent: agent-{n}, tier: 4}}\n" for n in range(AGENTS))
        file.write_text(f"autonomy:\n  agents:\n    - {{agent: refunds, tier: 1}}\n{lines}")
        stack = Stack(Path(folder) / "data", {"FLEETGLASS_FLEET": str(file)})
        stack.start()
        try:
            eventually(lambda: stack.query("SELECT 1 FROM fleet_policies") != [])
            for rate in map(int, given.rates.split(",")):
                times = [*waits(stack, rate, given.samples)]
                worst = max(times)
                print(f"{rate:6,} spans/s: median {median(times):.1f} s, longest {worst:.1f} s")
        finally:
            stack.kill()


def waits(stack: Stack, rate: int, samples: int) -> Iterator[float]:
    """Yield how long each violation takes to become an incident."""
    requests = int(rate * samples * 6 / generator.SPANS)
    command = [sys.executable, str(HERE / "load.py"), str(stack.http), "--requests", str(requests)]
    offered = subprocess.Popen([*command, "--rate", str(rate)]) if requests else None
    try:
        # The first seconds of a load are not like the others.
        time.sleep(5 if offered else 0)
        for n in range(samples):
            yield _wait(stack, f"{rate * 1000 + n + 1:032x}")
            time.sleep(0.5)
    finally:
        if offered:
            offered.kill()
            offered.wait()


def _wait(stack: Stack, trace: str) -> float:
    began = time.monotonic()
    stack.post(violation(trace))
    while time.monotonic() - began < LONGEST_S:
        if stack.query(f"SELECT 1 FROM incidents_rows WHERE trace_id = '{trace}' LIMIT 1"):
            break
        time.sleep(0.02)
    return time.monotonic() - began


def violation(trace: str) -> bytes:
    sent, now = ExportTraceServiceRequest(), time.time_ns()
    span = (
        sent.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=bytes.fromhex(trace),
            span_id=bytes.fromhex(trace[-16:]),
            name="execute_tool refund",
            start_time_unix_nano=now - 1_000_000,
            end_time_unix_nano=now,
        )
    )
    span.attributes.extend(
        pairs(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.agent.name": "refunds",
                "gen_ai.tool.name": "refund",
                "gen_ai.tool.call.arguments": '{"usd": 900}',
            }
        )
    )
    return sent.SerializeToString()


if __name__ == "__main__":
    main()
