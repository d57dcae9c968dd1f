"""LangGraph, read by OpenInference: an agent is a CHAIN that its metadata names.

A tool of one argument shows that argument's bare value, and its result wrapped as a message. The
graph's nodes, and the model and tools steps of an agent, are CHAINs too: kind other.
"""

from dataclasses import replace

from kit.frameworks.runs import Framework, Handoff, Invocation, LlmCall, Run, Tokens, ToolCall

CALL = LlmCall(
    agent="",
    model="gpt-4o-mini",
    provider="openai",
    tokens=Tokens(input=10, output=5, cache_read=4, reasoning=2),
    finish_reason="stop",
)

DELEGATION = Run(
    trace="961029ce",
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
            arguments="gdp?",
            result="GDP of France is 3.1tn USD",
        ),
        ToolCall(agent="researcher", tool="search", arguments="gdp france", result="3.1tn"),
    ),
    handoffs=(Handoff(source="boss", target="researcher", kind="tool"),),
    tokens=Tokens(input=40, output=20, cache_read=16, reasoning=8),
    kinds={"agent": 2, "llm": 4, "tool": 2, "other": 6},
    agents={"boss": 7, "researcher": 7},
)

TOOL_FAILS = Run(
    trace="98620d46",
    invocations=(Invocation(agent="bad"),),
    llm_calls=(replace(CALL, agent="bad"),),
    tool_calls=(ToolCall(agent="bad", tool="boom", arguments='{"x":1}', error_type="ValueError"),),
    tokens=Tokens(input=10, output=5, cache_read=4, reasoning=2),
    errors=(("bad", "ValueError"), ("tools", "ValueError"), ("boom", "ValueError")),
    kinds={"agent": 1, "llm": 1, "tool": 1, "other": 2},
    agents={"bad": 5},
)

GRAPH_WITHOUT_AGENTS = Run(
    trace="7868758c",
    workflow="content_graph",
    llm_calls=(
        replace(CALL, agent="langgraph-demo"),
        replace(CALL, agent="langgraph-demo"),
    ),
    tokens=Tokens(input=20, output=10, cache_read=8, reasoning=4),
    kinds={"workflow": 1, "llm": 2, "other": 2},
    agents={"langgraph-demo": 5},
)

LANGGRAPH = Framework(file="langgraph", runs=(DELEGATION, TOOL_FAILS, GRAPH_WITHOUT_AGENTS))
