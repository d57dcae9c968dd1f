"""Realistic GenAI spans: about 1.5 KB each, half of them model calls with messages."""

import random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

MODELS = ("gpt-5-mini", "claude-sonnet-5", "gemini-3-pro", "mistral-large-3")
TOOLS = ("search_orders", "issue_refund", "fetch_page", "run_sql", "send_mail")
SYLLABLES = [
    "ta",
    "re",
    "no",
    "li",
    "su",
    "ka",
    "ve",
    "mo",
    "di",
    "pa",
    "en",
    "or",
    "is",
    "al",
    "un",
    "ter",
    "com",
    "pro",
    "sta",
    "gra",
]
MESSAGE_WORDS = 230
# Every trace id begins with this, so that a request can be sent again as another one.
MARK = b"\xf7\x8e\xd3\xc1"
SPANS_IN_A_RUN = 8


def requests(
    count: int, *, spans: int = 512, seed: int = 7, start_ns: int
) -> list[ExportTraceServiceRequest]:
    """Build `count` export requests of `spans` spans, a second apart."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(3000)]
    return [_request(rng, words, spans, start_ns + i * 1_000_000_000) for i in range(count)]


def _request(
    rng: random.Random, words: list[str], spans: int, start_ns: int
) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in (
        ("service.name", f"agents-{rng.randrange(20)}"),
        ("service.version", "2.3.1"),
        ("deployment.environment.name", "production"),
        ("host.name", f"host-{rng.randrange(50):03d}"),
        ("telemetry.sdk.language", "python"),
    ):
        resource_spans.resource.attributes.append(_text(key, value))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "fleetglass"
    for first in range(0, spans, SPANS_IN_A_RUN):
        _run(scope_spans, rng, words, min(SPANS_IN_A_RUN, spans - first), start_ns)
    return request


def _run(
    scope_spans: ScopeSpans, rng: random.Random, words: list[str], spans: int, start_ns: int
) -> None:
    trace_id, root = MARK + rng.randbytes(12), rng.randbytes(8)
    for index in range(spans):
        begin = start_ns + index * 100_000_000 + rng.randrange(50_000_000)
        span = scope_spans.spans.add(
            trace_id=trace_id,
            span_id=root if index == 0 else rng.randbytes(8),
            parent_span_id=b"" if index == 0 else root,
            start_time_unix_nano=begin,
            end_time_unix_nano=begin + rng.randrange(1_000_000, 5_000_000_000),
            status=Status(
                code=Status.STATUS_CODE_ERROR if rng.random() < 0.03 else Status.STATUS_CODE_UNSET
            ),
        )
        kind = (_agent, _chat, _tool)[0 if index == 0 else 1 + index % 2]
        kind(span, rng, words)


def _agent(span: Span, rng: random.Random, words: list[str]) -> None:
    agent = f"agent-{rng.randrange(200)}"
    span.name = f"invoke_agent {agent}"
    span.attributes.extend(
        [
            _text("gen_ai.operation.name", "invoke_agent"),
            _text("gen_ai.agent.name", agent),
            _text("gen_ai.agent.id", rng.randbytes(8).hex()),
            _text("gen_ai.conversation.id", rng.randbytes(16).hex()),
            _text("fleetglass.cohort", f"cohort-{rng.randrange(8)}"),
            _text("fleetglass.tier", "assist"),
            _text("gen_ai.input.messages", _message(rng, words, "user", MESSAGE_WORDS // 4)),
        ]
    )


def _chat(span: Span, rng: random.Random, words: list[str]) -> None:
    model = rng.choice(MODELS)
    span.name, span.kind = f"chat {model}", Span.SPAN_KIND_CLIENT
    span.attributes.extend(
        [
            _text("gen_ai.operation.name", "chat"),
            _text("gen_ai.provider.name", "openai"),
            _text("gen_ai.request.model", model),
            _text("gen_ai.response.model", f"{model}-2026-06-01"),
            _text("gen_ai.response.id", f"chatcmpl-{rng.randbytes(12).hex()}"),
            _texts("gen_ai.response.finish_reasons", ["stop"]),
            _int("gen_ai.usage.input_tokens", rng.randrange(200, 9000)),
            _int("gen_ai.usage.output_tokens", rng.randrange(20, 900)),
            _int("gen_ai.usage.cache_read.input_tokens", rng.randrange(0, 200)),
            _int("gen_ai.request.max_tokens", 4096),
            _double("gen_ai.request.temperature", 0.7),
            _text("server.address", "api.openai.com"),
            _int("server.port", 443),
            _text("gen_ai.input.messages", _message(rng, words, "user", MESSAGE_WORDS)),
            _text("gen_ai.output.messages", _message(rng, words, "assistant", MESSAGE_WORDS // 3)),
        ]
    )


def _tool(span: Span, rng: random.Random, words: list[str]) -> None:
    tool = rng.choice(TOOLS)
    span.name = f"execute_tool {tool}"
    arguments = f'{{"query":"{_prose(rng, words, 12)}","limit":{rng.randrange(100)}}}'
    span.attributes.extend(
        [
            _text("gen_ai.operation.name", "execute_tool"),
            _text("gen_ai.tool.name", tool),
            _text("gen_ai.tool.type", "function"),
            _text("gen_ai.tool.call.id", f"call_{rng.randbytes(12).hex()}"),
            _text("gen_ai.tool.call.arguments", arguments),
            _text("gen_ai.tool.call.result", _prose(rng, words, MESSAGE_WORDS // 5)),
        ]
    )


def _message(rng: random.Random, words: list[str], role: str, length: int) -> str:
    content = _prose(rng, words, length)
    return f'[{{"role":"{role}","parts":[{{"type":"text","content":"{content}"}}]}}]'


def _prose(rng: random.Random, words: list[str], length: int) -> str:
    # Squaring skews the choice towards few words, as language does.
    return " ".join(words[int(rng.random() ** 2 * len(words))] for _ in range(length))


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _texts(key: str, values: list[str]) -> KeyValue:
    attribute = KeyValue(key=key)
    attribute.value.array_value.values.extend(AnyValue(string_value=value) for value in values)
    return attribute


def _int(key: str, value: int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=value))


def _double(key: str, value: float) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(double_value=value))
