"""Recordings of runs, some of which go in circles, as OTLP/JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND


def run_of(
    words: Sequence[str],
    *,
    trace: int,
    every_s: float = 1.0,
    agent: str = "a",
    start_ns: int = START,
) -> dict[str, Any]:
    """An agent that calls a tool for each word; the same word is the same call and result."""
    last = start_ns + int((len(words) + 1) * every_s * SECOND)
    root = _span(trace, 1, f"invoke_agent {agent}", start_ns, last)
    root["attributes"] = attributes(
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent}
    )
    spans = [root]
    for n, word in enumerate(words):
        begin = start_ns + int((n + 1) * every_s * SECOND)
        span = _span(trace, n + 2, f"execute_tool {word}", begin, begin + SECOND // 10)
        span["parentSpanId"] = f"{1:016x}"
        span["attributes"] = attributes(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": word.partition(":")[0],
                "gen_ai.tool.call.arguments": json.dumps({"q": word}),
                "gen_ai.tool.call.result": f"nothing for {word}",
            }
        )
        spans.append(span)
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


def written(file: Path, *requests: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(request) + "\n" for request in requests))
    return file


def trace_id(trace: int) -> str:
    return f"{trace:032x}"


def _span(trace: int, id: int, name: str, start_ns: int, end_ns: int) -> dict[str, Any]:
    return {
        "traceId": trace_id(trace),
        "spanId": f"{id:016x}",
        "name": name,
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(end_ns),
    }


def attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
