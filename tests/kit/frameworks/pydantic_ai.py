"""pydantic-ai, its own spans: the researcher, a tool's agent, has a conversation of its own."""

from kit.frameworks.runs import Framework, Handoff, Invocation, LlmCall, Run, Tokens, ToolCall

DELEGATION = Run(
    trace="0b6a0b10",
    conversation="conv-42",
    invocations=(Invocation(agent="boss"), Invocation(agent="researcher", caller="boss")),
    llm_calls=(
        LlmCall(
            agent="boss",
            model="function:boss_model:",
            response_model="function:boss_model:",
            provider="function",
            tokens=Tokens(input=56, output=7),
        ),
        LlmCall(
            agent="researcher",
            model="function:researcher_model:",
            response_model="function:researcher_model:",
            provider="function",
            tokens=Tokens(input=53, output=6),
        ),
        LlmCall(
            agent="researcher",
            model="function:researcher_model:",
            response_model="function:researcher_model:",
            provider="function",
            tokens=Tokens(input=55, output=13),
        ),
        LlmCall(
            agent="boss",
            model="function:boss_model:",
            response_model="function:boss_model:",
            provider="function",
            tokens=Tokens(input=63, output=11),
        ),
        LlmCall(
            agent="boss",
            model="function:boss_model:",
            response_model="function:boss_model:",
            provider="function",
            tokens=Tokens(input=64, output=14),
        ),
    ),
    tool_calls=(
        ToolCall(
            agent="boss",
            tool="delegate",
            arguments='{"question":"gdp of france?"}',
            call_id="pyd_ai_b9eb90d06c2c4c8a8831c9c9ac3181db",
            result="GDP of France is 3.1tn USD",
        ),
        ToolCall(
            agent="researcher",
            tool="search",
            arguments='{"query":"gdp france"}',
            call_id="pyd_ai_e4d656ad0eb64555a3c62f4a212defb5",
            result="3.1tn",
        ),
        ToolCall(
            agent="boss",
            tool="flaky",
            arguments='{"x":1}',
            call_id="pyd_ai_88c624d0c46d4389b403de3b527bc110",
            result="ok",
        ),
    ),
    handoffs=(Handoff(source="boss", target="researcher", kind="tool"),),
    # 56 + 53 + 55 + 63 + 64, 7 + 6 + 13 + 11 + 14.
    tokens=Tokens(input=291, output=51),
    kinds={"agent": 2, "llm": 5, "tool": 3},
    agents={"boss": 6, "researcher": 4},
)

MODEL_FAILS = Run(
    trace="c0ff3a59",
    conversation="01a1fb66-8fa1-76fd-81d4-b85ac9274ff5",
    invocations=(Invocation(agent="bad_agent"),),
    llm_calls=(
        LlmCall(
            agent="bad_agent",
            model="function:<lambda>:",
            provider="function",
            error_type="RuntimeError",
        ),
    ),
    errors=(
        ("invoke_agent bad_agent", "RuntimeError"),
        ("chat function:<lambda>:", "RuntimeError"),
    ),
    kinds={"agent": 1, "llm": 1},
    agents={"bad_agent": 2},
)

TOOL_FAILS = Run(
    trace="0359f557",
    conversation="01a1fb66-8fb5-74d6-b61c-191aee1b7fe3",
    invocations=(Invocation(agent="toolfail"),),
    llm_calls=(
        LlmCall(
            agent="toolfail",
            model="test",
            response_model="test",
            provider="test",
            tokens=Tokens(input=51, output=4),
        ),
    ),
    tool_calls=(
        ToolCall(
            agent="toolfail",
            tool="boom",
            arguments='{"a":0}',
            call_id="pyd_ai_tool_call_id__boom",
            error_type="ValueError",
        ),
    ),
    tokens=Tokens(input=51, output=4),
    errors=(("invoke_agent toolfail", "ValueError"), ("execute_tool boom", "ValueError")),
    kinds={"agent": 1, "llm": 1, "tool": 1},
    agents={"toolfail": 3},
)

PYDANTIC_AI = Framework(file="pydantic_ai", runs=(DELEGATION, MODEL_FAILS, TOOL_FAILS))
