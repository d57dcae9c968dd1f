"""OpenAI's agents, read by OpenInference: each trace has a nameless AGENT as its root.

Under it comes a CHAIN `Agent workflow`, and under every agent the CHAINs `turn`: kind other.
Failures show in the status alone. No span tells the session or the id of a tool's call.
"""

from dataclasses import replace

from kit.frameworks.runs import Framework, Handoff, Invocation, LlmCall, Run, Tokens, ToolCall

CALL = LlmCall(agent="", model="fake-gpt", provider="openai", tokens=Tokens(input=10, output=5))

HANDOFF = Run(
    trace="182dcd7d",
    workflow="support_workflow",
    # Beside each other: the second is not run by the first.
    invocations=(Invocation(agent="triage"), Invocation(agent="researcher")),
    llm_calls=(
        replace(CALL, agent="triage"),
        replace(CALL, agent="researcher"),
        replace(CALL, agent="researcher"),
    ),
    tool_calls=(
        ToolCall(agent="researcher", tool="search", arguments='{"query":"gdp"}', result="3.1tn"),
    ),
    handoffs=(Handoff(source="triage", target="researcher", kind="handoff"),),
    tokens=Tokens(input=30, output=15),
    kinds={"workflow": 1, "agent": 2, "llm": 3, "tool": 1, "handoff": 1, "other": 4},
    agents={"openai-agents-demo": 2, "triage": 4, "researcher": 6},
)

AGENT_AS_TOOL = Run(
    trace="110603c2",
    workflow="Agent workflow",
    invocations=(Invocation(agent="boss"), Invocation(agent="sub", caller="boss")),
    llm_calls=(
        replace(CALL, agent="boss"),
        replace(CALL, agent="sub"),
        replace(CALL, agent="boss"),
    ),
    tool_calls=(
        ToolCall(agent="boss", tool="ask_sub", arguments='{"input":"q"}', result="sub answer"),
    ),
    # There is a CHAIN between the tool and the agent.
    handoffs=(Handoff(source="boss", target="sub", kind="tool"),),
    tokens=Tokens(input=30, output=15),
    kinds={"workflow": 1, "agent": 2, "llm": 3, "tool": 1, "other": 5},
    agents={"openai-agents-demo": 2, "boss": 7, "sub": 3},
)

TOOL_FAILS = Run(
    trace="943f252b",
    workflow="Agent workflow",
    invocations=(Invocation(agent="bad"),),
    llm_calls=(replace(CALL, agent="bad"),),
    tool_calls=(ToolCall(agent="bad", tool="boom", arguments='{"x":1}', error_type="_OTHER"),),
    tokens=Tokens(input=10, output=5),
    errors=(("bad", "_OTHER"), ("boom", "_OTHER")),
    kinds={"workflow": 1, "agent": 1, "llm": 1, "tool": 1, "other": 2},
    agents={"openai-agents-demo": 2, "bad": 4},
)

OPENAI_AGENTS = Framework(file="openai_agents", runs=(HANDOFF, AGENT_AS_TOOL, TOOL_FAILS))
