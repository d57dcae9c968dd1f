"""Microsoft's agent framework, its own spans: usage on the agents and on the calls, once each.

In a workflow the executors, edge groups and messages are kind other; the planner's result reaching
the writer is the workflow's doing, not a handoff.
"""

from dataclasses import replace

from kit.frameworks.runs import Framework, Handoff, Invocation, LlmCall, Run, Tokens, ToolCall

CALL = LlmCall(
    agent="",
    model="fake-gpt",
    response_model="fake-gpt",
    provider="fakeprov",
    tokens=Tokens(input=10, output=5),
    finish_reason="stop",
)

DELEGATION = Run(
    trace="bc39c180",
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
            arguments='{"task":"gdp?"}',
            call_id="call_ask_researcher",
            result="GDP is 3.1tn",
        ),
        ToolCall(
            agent="researcher",
            tool="search",
            arguments='{"query":"gdp"}',
            call_id="call_search",
            result="3.1tn",
        ),
    ),
    handoffs=(Handoff(source="boss", target="researcher", kind="tool"),),
    tokens=Tokens(input=40, output=20),
    kinds={"agent": 2, "llm": 4, "tool": 2},
    agents={"boss": 4, "researcher": 4},
)

TOOL_FAILS = Run(
    trace="e470a7f0",
    invocations=(Invocation(agent="bad"),),
    llm_calls=(replace(CALL, agent="bad"), replace(CALL, agent="bad")),
    tool_calls=(
        ToolCall(
            agent="bad",
            tool="boom",
            arguments='{"x":1}',
            call_id="call_boom",
            error_type="ValueError",
        ),
    ),
    tokens=Tokens(input=20, output=10),
    # The agent got over it.
    errors=(("execute_tool boom", "ValueError"),),
    kinds={"agent": 1, "llm": 2, "tool": 1},
    agents={"bad": 4},
)

MODEL_FAILS = Run(
    trace="a0502093",
    invocations=(Invocation(agent="down"),),
    llm_calls=(
        LlmCall(agent="down", model="fake-gpt", provider="fakeprov", error_type="RuntimeError"),
    ),
    errors=(("invoke_agent down", "RuntimeError"), ("chat fake-gpt", "RuntimeError")),
    kinds={"agent": 1, "llm": 1},
    agents={"down": 2},
)

# `workflow.build`, a trace of its own.
WORKFLOW_IS_BUILT = Run(trace="b7a1ee39", kinds={"other": 1}, agents={"agent-framework-demo": 1})

WORKFLOW = Run(
    trace="8f5f58ba",
    workflow="content_wf",
    invocations=(Invocation(agent="planner"), Invocation(agent="writer")),
    llm_calls=(replace(CALL, agent="planner"), replace(CALL, agent="writer")),
    tokens=Tokens(input=20, output=10),
    kinds={"workflow": 1, "agent": 2, "llm": 2, "other": 6},
    agents={"agent-framework-demo": 7, "planner": 2, "writer": 2},
)

AGENT_FRAMEWORK = Framework(
    file="agent_framework",
    runs=(DELEGATION, TOOL_FAILS, MODEL_FAILS, WORKFLOW_IS_BUILT, WORKFLOW),
)
