"""Real runs as steps: TRAIL's, AgentDojo's, and spans that seven frameworks sent.

They lie in ../shared, which is not part of the repository, and each reader gives nothing where its
folder is absent. Only the steps are taken: what a tool was asked and answered, what a model said.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from fleetglass_detectors.loops.step import Step

SHARED = Path(__file__).parents[2] / "shared"
TRAIL = SHARED / "data" / "trail"
AGENTDOJO = SHARED / "data" / "agentdojo" / "traces.jsonl.gz"
FRAMEWORKS = SHARED / "spans"

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run did, and whether people say that it looped."""

    name: str
    group: str
    """What it is left out with: who was at work, or the pipeline."""
    steps: tuple[Step, ...]
    looping: bool = False
    around: tuple[Step, ...] = ()
    """What is no step and has its place among them: agents, turns, messages without words."""

    @property
    def tuning(self) -> bool:
        """The half that rules were chosen on; the other half was only counted.

        By a hash of the name, so that nobody picked it.
        """
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 2 == 0


def trail() -> list[Run]:
    if not TRAIL.is_dir():
        return []
    labels: list[dict[str, Any]] = json.loads((TRAIL / "labels.json").read_text())
    return [_trail_run(label["trace_id"], looping=label["looping"]) for label in labels]


def agentdojo() -> list[Run]:
    if not AGENTDOJO.is_file():
        return []
    with gzip.open(AGENTDOJO, "rt") as lines:
        return [_agentdojo_run(number, json.loads(line)) for number, line in enumerate(lines)]


def frameworks() -> list[Run]:
    return [
        Run(
            name=f"{path.stem}:{trace.hex()}",
            group=path.stem,
            steps=steps_of(spans),
            around=around_of(spans),
        )
        for path in sorted(FRAMEWORKS.glob("*.pb"))
        for trace, spans in _by_trace(path.read_bytes()).items()
    ]


def _by_trace(body: bytes) -> Mapping[bytes, list[Span]]:
    traces: dict[bytes, list[Span]] = {}
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                traces.setdefault(span.trace_id, []).append(span)
    return traces


def _trail_run(trace_id: str, *, looping: bool) -> Run:
    body = gzip.decompress((TRAIL / f"{trace_id}.pb.gz").read_bytes())
    spans = [span for spans in _by_trace(body).values() for span in spans]
    steps = steps_of(spans)
    actors = {step.actor for step in steps}
    return Run(
        name=trace_id,
        group="with search agent" if any("ToolCalling" in actor for actor in actors) else "alone",
        steps=steps,
        looping=looping,
        around=around_of(spans),
    )


def steps_of(spans: Sequence[Span]) -> tuple[Step, ...]:
    """The tools and models of a trace of OpenInference or `gen_ai` spans, in order of time."""
    known = {span.span_id: span for span in spans}
    steps = (_step(span, known) for span in spans)
    return tuple(sorted((s for s in steps if s), key=lambda s: (s.end_ns, s.span_id)))


def around_of(spans: Sequence[Span]) -> tuple[Step, ...]:
    """The spans of the same trace that are no steps."""
    return tuple(
        Step(
            span_id=span.span_id.hex(),
            parent_span_id=span.parent_span_id.hex(),
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            actor=str(said.get("gen_ai.agent.name") or span.name),
            kind="agent" if _is_agent(said) else "other",
        )
        for span in spans
        for said in [_attributes(span)]
        if not _kind(said)
    )


def _is_agent(said: Mapping[str, Any]) -> bool:
    inference, operation = said.get("openinference.span.kind"), said.get("gen_ai.operation.name")
    return inference == "AGENT" or operation == "invoke_agent"


def _step(span: Span, known: Mapping[bytes, Span]) -> Step | None:
    said = _attributes(span)
    kind = _kind(said)
    if not kind:
        return None
    llm = kind == "llm"
    return Step(
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        actor=_actor(span, known),
        kind=kind,
        tool="" if llm else str(said.get("tool.name") or said.get("gen_ai.tool.name") or span.name),
        asked="" if llm else str(_first(said, "input.value", "gen_ai.tool.call.arguments")),
        answered=_answer(said, llm=llm),
        tokens=int(said.get("llm.token_count.total") or 0)
        or int(said.get("gen_ai.usage.input_tokens") or 0)
        + int(said.get("gen_ai.usage.output_tokens") or 0),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
    )


def _kind(said: Mapping[str, Any]) -> str:
    inference = str(said.get("openinference.span.kind", "")).lower()
    operation = str(said.get("gen_ai.operation.name", ""))
    if inference in ("tool", "retriever") or operation == "execute_tool":
        return "retrieval" if inference == "retriever" else "tool"
    return "llm" if inference == "llm" or operation in ("chat", "text_completion") else ""


def _actor(span: Span, known: Mapping[bytes, Span]) -> str:
    above = known.get(span.parent_span_id)
    for _ in range(64):
        if above is None:
            break
        said = _attributes(above)
        if _is_agent(said):
            return str(said.get("gen_ai.agent.name") or above.name)
        above = known.get(above.parent_span_id)
    return ""


def _answer(said: Mapping[str, Any], *, llm: bool) -> str:
    if not llm:
        return str(_first(said, "output.value", "gen_ai.tool.call.result"))
    for key in ("llm.output_messages.0.message.content", "gen_ai.output.messages"):
        if said.get(key):
            return str(said[key])
    text = str(said.get("output.value", ""))
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    fields = cast(dict[str, Any], parsed) if isinstance(parsed, dict) else {}
    return str(fields.get("content") or fields.get("tool_calls") or text)


def _first(said: Mapping[str, Any], *keys: str) -> object:
    return next((said[key] for key in keys if said.get(key)), "")


def _attributes(span: Span) -> dict[str, Any]:
    return {pair.key: _value(pair) for pair in span.attributes}


def _value(pair: KeyValue) -> Any:
    which = pair.value.WhichOneof("value")
    return getattr(pair.value, which) if which else None


def _agentdojo_run(number: int, record: Mapping[str, Any]) -> Run:
    name = "/".join(str(record[key]) for key in ("pipeline", "suite", "user_task"))
    return Run(
        name=f"{name}#{number}",
        group=str(record["pipeline"]),
        steps=tuple(_messages(record["messages"])),
        around=tuple(
            _said(place, message)
            for place, message in enumerate(record["messages"])
            if message["role"] == "assistant" and not message.get("content")
        ),
    )


def _messages(messages: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    """An assistant's words are one step, each of the calls that they make another.

    No times are recorded: a step a second.
    """
    waiting: list[Mapping[str, Any]] = []
    for place, message in enumerate(messages):
        if message["role"] == "assistant":
            waiting = list(message.get("tool_calls") or [])
            if message.get("content"):
                yield _said(place, message)
        elif message["role"] == "tool":
            yield _called(place, message, waiting)


def _said(place: int, message: Mapping[str, Any]) -> Step:
    text = _text(message["content"])
    at = place * SECOND
    return Step(
        span_id=f"{place:016x}",
        start_ns=at,
        end_ns=at,
        actor="assistant",
        kind="llm",
        answered=text,
        tokens=len(text) // 4,
    )


def _called(place: int, message: Mapping[str, Any], waiting: list[Mapping[str, Any]]) -> Step:
    first: Mapping[str, Any] = waiting.pop(0) if waiting else {}
    call: Mapping[str, Any] = message.get("tool_call") or first
    error = message.get("error")
    at = place * SECOND
    return Step(
        span_id=f"{place:016x}",
        start_ns=at,
        end_ns=at,
        actor="assistant",
        kind="tool",
        tool=str(call.get("function", "")),
        asked=json.dumps(call.get("args", {}), default=str),
        answered=str(error) if error else _text(message["content"]),
        failed=bool(error),
    )


def _text(content: object) -> str:
    """What was said, where a message is text, or a list of parts."""
    if not isinstance(content, list):
        return str(content or "")
    return "\n".join(map(_part, cast(list[object], content)))


def _part(part: object) -> str:
    if not isinstance(part, dict):
        return str(part)
    fields = cast(dict[str, object], part)
    return str(fields.get("content", fields))
