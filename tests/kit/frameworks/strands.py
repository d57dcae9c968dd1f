"""Strands, its own spans: usage on the agents and on the calls, content in events.

`strands-agents` is no provider. The total, 15 of 10 and 5, shows that the cached tokens are among
the 10. Arguments are in the event `gen_ai.tool.message`; results and finish reasons are in
`gen_ai.choice`. The event loop's cycles are kind other.
"""

from dataclasses import replace

from kit.frameworks.runs import Framework, Handoff, Invocation, LlmCall, Run, Tokens, ToolCall

ASKS_TOOL = LlmCall(
    agent="",
    model="fake-model-1",
    tokens=Tokens(input=10, output=5, cache_read=4, cache_write=1),
    finish_reason="tool_use",
)
ANSWERS = replace(ASKS_TOOL, finish_reason="end_turn")

DELEGATION = Run(
    trace="bc4aa293",
    # The researcher's own spans do not tell it.
    conversation="sess-42",
    invocations=(Invocation(agent="boss"), Invocation(agent="researcher", caller="boss")),
    llm_calls=(
        replace(ASKS_TOOL, agent="boss"),
        replace(ASKS_TOOL, agent="researcher"),
        replace(ANSWERS, agent="researcher"),
        replace(ANSWERS, agent="boss"),
    ),
    tool_calls=(
        ToolCall(
            agent="boss",
            tool="ask_researcher",
            arguments='{"question":"gdp?"}',
            call_id="call_ask_researcher",
            result='[{"text": "GDP is 3.1tn\\n"}]',
        ),
        ToolCall(
            agent="researcher",
            tool="search",
            arguments='{"query":"gdp"}',
            call_id="call_search",
            result='[{"text": "3.1tn"}]',
        ),
    ),
    handoffs=(Handoff(source="boss", target="researcher", kind="tool"),),
    tokens=Tokens(input=40, output=20, cache_read=16, cache_write=4),
    kinds={"agent": 2, "llm": 4, "tool": 2, "other": 4},
    agents={"boss": 6, "researcher": 6},
)

TOOL_FAILS = Run(
    trace="91139fb3",
    invocations=(Invocation(agent="bad"),),
    llm_calls=(replace(ASKS_TOOL, agent="bad"), replace(ANSWERS, agent="bad")),
    tool_calls=(
        ToolCall(
            agent="bad",
            tool="boom",
            arguments='{"x":1}',
            call_id="call_boom",
            result='[{"text": "Error: tool exploded"}]',
            error_type="ValueError",
        ),
    ),
    tokens=Tokens(input=20, output=10, cache_read=8, cache_write=2),
    # The agent got over it.
    errors=(("execute_tool boom", "ValueError"),),
    kinds={"agent": 1, "llm": 2, "tool": 1, "other": 2},
    agents={"bad": 6},
)

MODEL_FAILS = Run(
    trace="272648a6",
    invocations=(Invocation(agent="down"),),
    llm_calls=(LlmCall(agent="down", model="fake-model-1", error_type="RuntimeError"),),
    errors=(
        ("invoke_agent down", "RuntimeError"),
        ("execute_event_loop_cycle", "RuntimeError"),
        ("chat", "RuntimeError"),
    ),
    kinds={"agent": 1, "llm": 1, "other": 1},
    agents={"down": 3},
)

# A graph and a swarm have no name: the span's stands in.
GRAPH = Run(
    trace="0e6b0a5c",
    workflow="invoke_graph",
    invocations=(Invocation(agent="planner"), Invocation(agent="writer")),
    llm_calls=(replace(ANSWERS, agent="planner"), replace(ANSWERS, agent="writer")),
    tokens=Tokens(input=20, output=10, cache_read=8, cache_write=2),
    kinds={"workflow": 1, "agent": 2, "llm": 2, "other": 2},
    agents={"strands-demo": 1, "planner": 3, "writer": 3},
)

SWARM = Run(
    trace="79c7b6c1",
    workflow="invoke_swarm",
    invocations=(Invocation(agent="s1"), Invocation(agent="s2")),
    llm_calls=(
        replace(ASKS_TOOL, agent="s1"),
        replace(ANSWERS, agent="s1"),
        replace(ANSWERS, agent="s2"),
    ),
    handoffs=(Handoff(source="s1", target="s2", kind="handoff"),),
    tokens=Tokens(input=30, output=15, cache_read=12, cache_write=3),
    kinds={"workflow": 1, "agent": 2, "llm": 3, "handoff": 1, "other": 3},
    agents={"strands-demo": 1, "s1": 6, "s2": 3},
)

STRANDS = Framework(file="strands", runs=(DELEGATION, TOOL_FAILS, MODEL_FAILS, GRAPH, SWARM))
