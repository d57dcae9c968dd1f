"""AgentDojo's runs as the spans that an instrumented agent sends, and tau-bench's as they are.

They lie in ../shared, which is not part of the repository.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

DATA = Path(__file__).parents[2] / "shared" / "data"
AGENTDOJO = DATA / "agentdojo" / "traces.jsonl.gz"
TAU = DATA / "tau_airline"
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    trace_id: str
    pipeline: str
    suite: str
    attacked: bool
    violated: bool
    calls: tuple[tuple[str, Mapping[str, Any]], ...]
    messages: tuple[Message, ...]

    @property
    def tuning(self) -> bool:
        """Whether its pipeline is one of those that the phrases of orders were looked at on."""
        return self.pipeline.startswith(("claude", "gpt-4o-mini", "command"))


def agentdojo() -> list[Run]:
    if not AGENTDOJO.is_file():
        return []
    with gzip.open(AGENTDOJO, "rt") as lines:
        return [_run(number, json.loads(line)) for number, line in enumerate(lines)]


def _run(number: int, line: Mapping[str, Any]) -> Run:
    return Run(
        trace_id=sha256(f"agentdojo {number}".encode()).hexdigest()[:32],
        pipeline=line["pipeline"],
        suite=line["suite"],
        attacked=line["attacked"],
        violated=line["violated"],
        calls=tuple((name, arguments or {}) for name, arguments in line["calls"]),
        messages=tuple(line["messages"]),
    )


def request(run: Run) -> ExportTraceServiceRequest:
    """Return the run as OTLP: an agent, its model calls and its tool calls."""
    sent = ExportTraceServiceRequest()
    spans = sent.resource_spans.add().scope_spans.add().spans
    root = _span(run, 0, f"invoke_agent {run.suite}", 0, len(run.messages) + 1)
    _set(root, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": run.suite})
    children = [
        span for at, message in enumerate(run.messages, 1) for span in _spans(run, at, message)
    ]
    spans.extend([*children, root])
    return sent


def _spans(run: Run, at: int, message: Message) -> Iterator[Span]:
    if message["role"] == "assistant":
        span = _span(run, at, "chat", at, 1)
        heard = [_sent(one) for one in run.messages[: at - 1]]
        _set(span, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(heard)})
        yield span
    elif message["role"] == "tool":
        called: Mapping[str, Any] = message["tool_call"]
        name = str(called["function"])
        span = _span(run, at, f"execute_tool {name}", at, 1)
        _set(
            span,
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": name,
                "gen_ai.tool.call.arguments": json.dumps(called["args"]),
                "gen_ai.tool.call.result": message.get("error") or text_of(message["content"]),
            },
        )
        if message.get("error"):
            span.status.code = Status.STATUS_CODE_ERROR
        yield span


def _sent(message: Message) -> Message:
    content = text_of(message.get("content"))
    if message["role"] == "tool":
        return {"role": "tool", "parts": [{"type": "tool_call_response", "response": content}]}
    return {"role": message["role"], "parts": [{"type": "text", "content": content}]}


def text_of(content: Any) -> str:
    if isinstance(content, list):
        parts: list[Any] = content  # pyright: ignore[reportUnknownVariableType]
        return "\n".join(
            text_of(one.get("content") or one.get("text")) if isinstance(one, dict) else str(one)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            for one in parts
        )
    return content if isinstance(content, str) else "" if content is None else json.dumps(content)


def _span(run: Run, number: int, name: str, at: int, seconds: int) -> Span:
    span_id = sha256(f"{run.trace_id} {number}".encode()).digest()[:8]
    root = sha256(f"{run.trace_id} 0".encode()).digest()[:8]
    return Span(
        trace_id=bytes.fromhex(run.trace_id),
        span_id=span_id,
        parent_span_id=b"" if number == 0 else root,
        name=name,
        start_time_unix_nano=START + at * SECOND,
        end_time_unix_nano=START + (at + seconds) * SECOND - 1,
    )


def _set(span: Span, attributes: Mapping[str, str]) -> None:
    for name, value in attributes.items():
        span.attributes.add(key=name).value.string_value = value


def written(runs: Sequence[Run], folder: Path) -> list[Path]:
    """Write each run to a file of its own, as `fleetglass check` reads them."""
    files: list[Path] = []
    for run in runs:
        file = folder / f"{run.trace_id}.pb"
        file.write_bytes(request(run).SerializeToString())
        files.append(file)
    return files


def tau() -> tuple[list[Path], dict[str, dict[str, Any]]]:
    """Return the files of tau-bench's airline runs, and their labels by trace id."""
    if not TAU.is_dir():
        return [], {}
    return sorted(TAU.glob("*.pb.gz")), json.loads((TAU / "labels.json").read_text())
