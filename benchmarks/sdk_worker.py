# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false, reportAttributeAccessIssue=false
"""Calls a function under one SDK's decorator, and says how long a call took; see sdk.py.

    python benchmarks/sdk_worker.py NAME SINK --content on|off

It runs in an environment of that SDK's own, which need not have any other.
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

# A batch fits into the queue that OpenTelemetry has by default, so that nothing is dropped.
CALLS, BATCHES = 1_500, 7
TASKS, CALLS_A_TASK = 200, 7
ORDER = {"id": "o-1234", "lines": [1, 2, 3], "note": "please refund the second line only"}

Sync = Callable[[dict[str, Any], float], dict[str, Any]]
Async = Callable[[dict[str, Any], float], Awaitable[dict[str, Any]]]
Flush = Callable[[], object]


def act(order: dict[str, Any], amount: float) -> dict[str, Any]:
    return {"ok": True, "left": amount}


async def act_later(order: dict[str, Any], amount: float) -> dict[str, Any]:
    return {"ok": True, "left": amount}


def nothing(sink: str, content: bool) -> tuple[Sync, Async, Flush]:
    return act, act_later, lambda: None


def opentelemetry(sink: str, content: bool) -> tuple[Sync, Async, Flush]:
    """A bare span, without any attribute."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{sink}/v1/traces")))
    tracer = provider.get_tracer("bench")

    def call(order: dict[str, Any], amount: float) -> dict[str, Any]:
        with tracer.start_as_current_span("act"):
            return act(order, amount)

    async def call_later(order: dict[str, Any], amount: float) -> dict[str, Any]:
        with tracer.start_as_current_span("act"):
            return await act_later(order, amount)

    return call, call_later, provider.force_flush


def fleetglass(sink: str, content: bool) -> tuple[Sync, Async, Flush]:
    import fleetglass

    fleetglass.configure(endpoint=sink, content="full" if content else "none")
    return fleetglass.tool(act), fleetglass.tool(act_later), fleetglass.flush


def langfuse(sink: str, content: bool) -> tuple[Sync, Async, Flush]:
    from langfuse import Langfuse, observe

    client = Langfuse(public_key="pk", secret_key="sk", host=sink)
    around = observe(as_type="tool", capture_input=content, capture_output=content)
    return around(act), around(act_later), client.flush


def traceloop(sink: str, content: bool) -> tuple[Sync, Async, Flush]:
    os.environ["TRACELOOP_TRACE_CONTENT"] = "true" if content else "false"
    os.environ["TRACELOOP_TELEMETRY"] = "false"
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import tool

    Traceloop.init(app_name="bench", api_endpoint=sink, api_key="x", instruments=set())
    return tool(name="act")(act), tool(name="act")(act_later), _flush_global


def openlit(sink: str, content: bool) -> tuple[Sync, Async, Flush]:
    import openlit

    openlit.init(
        otlp_endpoint=sink,
        disable_metrics=True,
        capture_message_content=content,
        disable_batch=False,
    )
    # It has a decorator for functions, and none for coroutines.
    return openlit.trace(act), act_later, _flush_global


def logfire(sink: str, content: bool) -> tuple[Sync, Async, Flush]:
    import logfire
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = BatchSpanProcessor(OTLPSpanExporter(f"{sink}/v1/traces"))
    logfire.configure(send_to_logfire=False, console=False, additional_span_processors=[exporter])
    around = logfire.instrument("act", extract_args=content, record_return=content)
    return around(act), around(act_later), logfire.force_flush


def _nothing() -> None: ...


def _flush_global() -> None:
    from opentelemetry import trace

    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]


SDKS = {
    found.__name__: found
    for found in (nothing, opentelemetry, fleetglass, langfuse, traceloop, openlit, logfire)
}


def sync_us(call: Sync, flush: Flush) -> float:
    """What a call takes of its thread's time; what is sent meanwhile is another's."""
    taken: list[float] = []
    for _ in range(BATCHES):
        began = time.thread_time()
        for index in range(CALLS):
            call(ORDER, index)
        taken.append((time.thread_time() - began) / CALLS * 1e6)
        flush()
    return statistics.median(taken)


async def async_us(call: Async, flush: Flush) -> float:
    taken: list[float] = []
    for _ in range(BATCHES):
        began = time.thread_time()
        for index in range(CALLS):
            await call(ORDER, index)
        taken.append((time.thread_time() - began) / CALLS * 1e6)
        flush()
    return statistics.median(taken)


async def together(call: Async, flush: Flush) -> float:
    """Calls a second of many tasks, by the clock, while what they tell is sent."""

    async def task() -> None:
        for index in range(CALLS_A_TASK):
            await call(ORDER, index)
            await asyncio.sleep(0)

    taken: list[float] = []
    for _ in range(BATCHES):
        began = time.perf_counter()
        await asyncio.gather(*(task() for _ in range(TASKS)))
        taken.append(TASKS * CALLS_A_TASK / (time.perf_counter() - began))
        flush()
    return statistics.median(taken)


def slow_us(call: Sync, flush: Flush) -> float:
    """The 99th percentile of single calls, by the clock."""
    taken: list[float] = []
    for _ in range(BATCHES):
        for index in range(CALLS):
            began = time.perf_counter()
            call(ORDER, index)
            taken.append((time.perf_counter() - began) * 1e6)
        flush()
    return statistics.quantiles(taken, n=100)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SDKS)
    parser.add_argument("sink")
    parser.add_argument("--content", choices=("on", "off"), default="off")
    parser.add_argument("--down", action="store_true", help="nobody is there: wait for nothing")
    options = parser.parse_args()
    call, call_later, flush = SDKS[options.name](options.sink, options.content == "on")
    if options.down:
        flush = _nothing
    sync_us(call, flush)
    began = time.process_time()
    found = {
        "sync": sync_us(call, flush),
        "async": asyncio.run(async_us(call_later, flush)),
        "together": asyncio.run(together(call_later, flush)),
        "slow": slow_us(call, flush),
    }
    calls = BATCHES * (3 * CALLS + TASKS * CALLS_A_TASK)
    found["cpu"] = (time.process_time() - began) / calls * 1e6
    print("RESULT " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
