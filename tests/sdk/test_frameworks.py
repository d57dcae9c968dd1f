"""With real, offline frameworks, every span of their instrumentation names our agent."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from kit.scripted_receiver import receiving

import fleetglass
from fleetglass import Budget, BudgetExceeded
from fleetglass.testing import Fleet

# We cannot fix the warnings of these frameworks.
pytestmark = pytest.mark.filterwarnings("ignore")

ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Paris"},
        }
    ],
    "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
}


@contextmanager
def provider() -> Generator[str]:
    """Serve a model provider's chat endpoint on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(ANSWER).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


def assert_all_are_ours(fleet: Fleet, *, at_least: int) -> None:
    spans = fleet.spans()
    assert len(spans) >= at_least
    assert {span.attributes.get("fleetglass.cohort") for span in spans} == {"eu"}
    assert len({span.attributes["fleetglass.run.id"] for span in spans}) == 1


def test_openai_spans_carry_the_identity_and_use_the_budget(fleet: Fleet) -> None:
    from openai import OpenAI
    from opentelemetry.instrumentation.genai.openai import (  # pyright: ignore[reportMissingTypeStubs]
        OpenAIInstrumentor,
    )

    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=fleet.provider)
    try:
        with provider() as url:
            client = OpenAI(base_url=url, api_key="x", max_retries=0)

            @fleetglass.step
            def ask() -> None:
                question: Any = [{"role": "user", "content": "capital?"}]
                client.chat.completions.create(model="gpt-4o-mini", messages=question)

            @fleetglass.agent("geographer", cohort="eu", budget=Budget(tokens=50))
            def geographer() -> None:
                while True:
                    ask()

            with pytest.raises(BudgetExceeded, match="50 tokens of 50"):
                geographer()
    finally:
        instrumentor.uninstrument()

    assert_all_are_ours(fleet, at_least=5)
    assert fleet.tokens() == 50
    chats = [span for span in fleet.spans() if span.name.startswith("chat")]
    assert [span.agent for span in chats] == ["geographer"] * 2
    assert [span.parent for span in chats] == ["ask"] * 2


def test_pydantic_ai_spans_carry_the_identity(fleet: Fleet) -> None:
    from pydantic_ai import Agent
    from pydantic_ai.capabilities import Instrumentation
    from pydantic_ai.models.instrumented import InstrumentationSettings
    from pydantic_ai.models.test import TestModel

    settings = InstrumentationSettings(tracer_provider=fleet.provider)
    helper: Any = Agent(TestModel(), name="helper", capabilities=[Instrumentation(settings)])

    @helper.tool_plain
    @fleetglass.tool(action="stock.read")
    def stock(item: str) -> int:
        """Return the number in stock."""
        return len(item)

    @fleetglass.agent("shop", cohort="eu")
    async def shop(question: str) -> str:
        return str((await helper.run(question)).output)

    assert "stock" in asyncio.run(shop("how many?"))

    assert_all_are_ours(fleet, at_least=5)
    assert {span.agent for span in fleet.spans()} == {"shop", "helper"}
    assert [span.agent for span in fleet.spans() if span.name.startswith("chat")] == ["helper"] * 2
    assert fleet.actions() == ["stock.read"]
    ours = next(span for span in fleet.spans() if span.action)
    assert ours.attributes["gen_ai.tool.call.arguments"] == '{"item": "a"}'


def test_langgraph_spans_carry_the_identity(fleet: Fleet) -> None:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel
    from langgraph.graph import (  # pyright: ignore[reportMissingTypeStubs]
        END,
        START,
        MessagesState,
        StateGraph,
    )
    from openinference.instrumentation.langchain import LangChainInstrumentor

    instrumentor = LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=fleet.provider)
    model = FakeListChatModel(responses=["Paris"])

    @fleetglass.tool
    def look_up(question: str) -> str:
        return f"about {question}"

    def think(state: MessagesState) -> Any:
        look_up("capitals")
        return {"messages": [model.invoke(state["messages"])]}

    graph: Any = StateGraph(MessagesState)
    graph.add_node("think", think)
    graph.add_edge(START, "think")
    graph.add_edge("think", END)
    try:
        with fleetglass.run("graph", cohort="eu"):
            answer = graph.compile().invoke({"messages": [("user", "capital?")]})
    finally:
        instrumentor.uninstrument()

    assert answer["messages"][-1].content == "Paris"
    assert_all_are_ours(fleet, at_least=5)
    kinds = {span.attributes.get("openinference.span.kind") for span in fleet.spans()}
    assert {"CHAIN", "LLM"} <= kinds


def test_spans_also_reach_a_provider_set_by_somebody_else() -> None:
    """Check that another backend's exporter and ours both get every span, in either order."""
    code = """
import sys, fleetglass
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
theirs = InMemorySpanExporter()
def set_theirs():
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(theirs))
    trace.set_tracer_provider(provider)
if sys.argv[1] == "first": set_theirs()
fleetglass.configure(endpoint=sys.argv[2])
if sys.argv[1] == "later": set_theirs()
with fleetglass.run("a"):
    with trace.get_tracer("x").start_as_current_span("chat"): pass
fleetglass.flush()
print([span.name for span in theirs.get_finished_spans()])
"""
    for when in ("first", "later"):
        with receiving() as receiver:
            process = subprocess.run(
                [sys.executable, "-c", code, when, receiver.url], capture_output=True, text=True
            )
        assert (process.stdout, process.stderr) == ("['chat', 'invoke_agent a']\n", "")
        assert receiver.names == ["chat", "invoke_agent a"]
