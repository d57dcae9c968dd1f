"""LangGraph, read by OpenTelemetry's own instrumentation: the same runs as in `langgraph`."""

from dataclasses import replace

from kit.frameworks.runs import Framework, Handoff, Invocation, LlmCall, Run, Tokens, ToolCall

CALL = LlmCall(
    agent="",
    model="gpt-4o-mini",
    response_model="fake-gpt",
    provider="openai",
    tokens=Tokens(input=10, output=5, cache_read=4, reasoning=2),
    finish_reason="stop",
)

DELEGATION = Run(
    trace="2ce4e37c",
    conversation="thr-1",
    invocations=(Invocation(agent="boss"), Invocation(agent="researcher", caller="boss")),
    llm_calls=(
        replace(CALL, agent="boss"),
        replace(CALL, agent="researcher"),
        replace(CALL, agent="researcher"),
        replace(CALL, agent="boss"),
    ),
    tool_calls=(
        ToolCall(
            agent="boss",
            tool="ask_researcher",
            arguments='{"question":"gdp?"}',
            call_id="call_ask_researcher",
            result="GDP of France is 3.1tn USD",
        ),
        ToolCall(
            agent="researcher",
            tool="search",
            arguments='{"query":"gdp france"}',
            call_id="call_search",
            result="3.1tn",
        ),
    ),
    handoffs=(Handoff(source="boss", target="researcher", kind="tool"),),
    tokens=Tokens(input=40, output=20, cache_read=16, reasoning=8),
    kinds={"agent": 2, "llm": 4, "tool": 2},
    agents={"boss": 4, "researcher": 4},
)

TOOL_FAILS = Run(
    trace="479be3e0",
    invocations=(Invocation(agent="bad"),),
    llm_calls=(replace(CALL, agent="bad"),),
    tool_calls=(
        ToolCall(
            agent="bad",
            tool="boom",
            arguments='{"x":1}',
            call_id="call_boom",
            error_type="ValueError",
        ),
    ),
    tokens=Tokens(input=10, output=5, cache_read=4, reasoning=2),
    errors=(("invoke_agent bad", "ValueError"), ("execute_tool boom", "ValueError")),
    kinds={"agent": 1, "llm": 1, "tool": 1},
    agents={"bad": 3},
)

GRAPH_WITHOUT_AGENTS = Run(
    trace="695c0d60",
    workflow="content_graph",
    llm_calls=(
        replace(CALL, agent="langgraph-demo"),
        replace(CALL, agent="langgraph-demo"),
    ),
    tokens=Tokens(input=20, output=10, cache_read=8, reasoning=4),
    kinds={"workflow": 1, "llm": 2},
    agents={"langgraph-demo": 3},
)

LANGGRAPH_OTEL_GENAI = Framework(
    file="langgraph_otel_genai", runs=(DELEGATION, TOOL_FAILS, GRAPH_WITHOUT_AGENTS)
)
