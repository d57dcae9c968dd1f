"""Google's ADK, its own spans: no content, so no arguments and no results."""

from dataclasses import replace

from kit.frameworks.runs import Framework, Handoff, Invocation, LlmCall, Run, Tokens, ToolCall

CALL = LlmCall(
    agent="",
    model="fake-gemini",
    provider="gcp.gemini",
    tokens=Tokens(input=10, output=7, cache_read=4, reasoning=2),
    finish_reason="stop",
)

HANDOFF = Run(
    trace="f9c3b3b8",
    workflow="boss",
    conversation="sess-boss",
    # Beside each other: the second is not run by the first.
    invocations=(Invocation(agent="boss"), Invocation(agent="researcher")),
    llm_calls=(
        replace(CALL, agent="boss"),
        replace(CALL, agent="researcher"),
        replace(CALL, agent="researcher"),
    ),
    tool_calls=(
        ToolCall(agent="researcher", tool="search", arguments=None, call_id="call_search"),
    ),
    # The target is not told: it is the agent that starts next beside the boss.
    handoffs=(Handoff(source="boss", target="researcher", kind="handoff"),),
    tokens=Tokens(input=30, output=21, cache_read=12, reasoning=6),
    kinds={"workflow": 1, "agent": 2, "llm": 3, "tool": 1, "handoff": 1},
    agents={"adk-demo": 1, "boss": 3, "researcher": 4},
)

TOOL_FAILS = Run(
    trace="baa7f011",
    workflow="bad",
    conversation="sess-bad",
    invocations=(Invocation(agent="bad"),),
    llm_calls=(replace(CALL, agent="bad"),),
    # The span says `<not specified>` for the call's id.
    tool_calls=(
        ToolCall(agent="bad", tool="boom", arguments=None, call_id="", error_type="ValueError"),
    ),
    tokens=Tokens(input=10, output=7, cache_read=4, reasoning=2),
    errors=(
        ("invoke_workflow bad", "ValueError"),
        ("invoke_agent bad", "ValueError"),
        ("execute_tool boom", "ValueError"),
    ),
    kinds={"workflow": 1, "agent": 1, "llm": 1, "tool": 1},
    agents={"adk-demo": 1, "bad": 3},
)

MODEL_FAILS = Run(
    trace="20f76879",
    workflow="down",
    conversation="sess-down",
    invocations=(Invocation(agent="down"),),
    llm_calls=(
        LlmCall(
            agent="down",
            model="fake-gemini",
            provider="gcp.gemini",
            error_type="RuntimeError",
        ),
    ),
    errors=(
        ("invoke_workflow down", "RuntimeError"),
        ("invoke_agent down", "RuntimeError"),
        ("generate_content fake-gemini", "RuntimeError"),
    ),
    kinds={"workflow": 1, "agent": 1, "llm": 1},
    agents={"adk-demo": 1, "down": 2},
)

GOOGLE_ADK = Framework(file="google_adk", runs=(HANDOFF, TOOL_FAILS, MODEL_FAILS))
