"""A small run in each dialect that nobody recorded, made of what its sources emit."""

from kit.agent_requests import Sent

TRACELOOP = (
    Sent(
        id="flow",
        name="joke_flow.workflow",
        facts={
            "traceloop.span.kind": "workflow",
            "traceloop.entity.name": "joke_flow",
            "traceloop.workflow.name": "joke_flow",
            "traceloop.association.properties.session_id": "session 1",
        },
    ),
    Sent(
        id="agent",
        parent="flow",
        at_ms=1,
        name="joker.agent",
        facts={"traceloop.span.kind": "agent", "traceloop.entity.name": "joker"},
    ),
    Sent(
        # Its input is the total: the cached tokens, which Anthropic tells apart, are added.
        id="call",
        parent="agent",
        at_ms=2,
        name="anthropic.chat",
        facts={
            "llm.request.type": "chat",
            "gen_ai.system": "Anthropic",
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens": 1200,
            "gen_ai.usage.output_tokens": 30,
            "llm.usage.total_tokens": 1230,
            "gen_ai.usage.cache_read_input_tokens": 1000,
            "gen_ai.usage.cache_creation_input_tokens": 100,
            "gen_ai.completion.0.finish_reason": "end_turn",
        },
    ),
    Sent(
        id="tool",
        parent="agent",
        at_ms=3,
        name="search.tool",
        facts={
            "traceloop.span.kind": "tool",
            "traceloop.entity.name": "search",
            "traceloop.entity.input": '{"args": [], "kwargs": {"query": "cats"}}',
        },
    ),
)
LANGFUSE = (
    Sent(
        id="agent",
        name="support",
        facts={
            "langfuse.observation.type": "agent",
            "langfuse.trace.name": "answer a ticket",
            "session.id": "session 2",
        },
    ),
    Sent(
        # What is cached, and what was thought, stands beside the input and the output.
        id="call",
        parent="agent",
        at_ms=1,
        name="draft",
        facts={
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o-mini",
            "langfuse.observation.usage_details": (
                '{"input": 100, "input_cached_tokens": 40, "output": 10,'
                ' "output_reasoning_tokens": 4, "total": 154}'
            ),
            "langfuse.observation.cost_details": '{"input": 0.01, "output": 0.02, "total": 0.03}',
        },
    ),
    Sent(
        id="tool",
        parent="agent",
        at_ms=2,
        name="search",
        facts={
            "langfuse.observation.type": "tool",
            "langfuse.observation.input": '{"query":"cats"}',
            "langfuse.observation.level": "ERROR",
        },
    ),
)
VERCEL = (
    Sent(
        id="agent",
        name="ai.generateText",
        facts={
            "operation.name": "ai.generateText forecast",
            "ai.operationId": "ai.generateText",
            "ai.telemetry.functionId": "forecast",
            "ai.telemetry.metadata.sessionId": "session 3",
            "ai.model.id": "gpt-4o-mini",
            "ai.model.provider": "openai.responses",
            "ai.usage.inputTokens": 100,
            "ai.usage.outputTokens": 20,
        },
    ),
    Sent(
        id="call",
        parent="agent",
        at_ms=1,
        name="ai.generateText.doGenerate",
        facts={
            "operation.name": "ai.generateText.doGenerate forecast",
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.telemetry.functionId": "forecast",
            "ai.model.id": "gpt-4o-mini",
            "ai.model.provider": "openai.responses",
            "ai.response.finishReason": "tool-calls",
            "ai.usage.inputTokens": 100,
            "ai.usage.outputTokens": 20,
            "ai.usage.inputTokenDetails.cacheReadTokens": 60,
            "ai.usage.outputTokenDetails.reasoningTokens": 5,
        },
    ),
    Sent(
        id="tool",
        parent="agent",
        at_ms=2,
        name="ai.toolCall",
        facts={
            "operation.name": "ai.toolCall forecast",
            "ai.operationId": "ai.toolCall",
            "ai.toolCall.name": "search",
            "ai.toolCall.id": "call_1",
            "ai.toolCall.args": '{ "query": "cats" }',
        },
    ),
)
MCP = (
    Sent(
        id="agent",
        name="invoke_agent clerk",
        facts={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "clerk"},
    ),
    Sent(
        id="tool",
        parent="agent",
        at_ms=1,
        name="execute_tool search",
        facts={
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
            "gen_ai.tool.call.arguments": '{"query": "cats"}',
        },
    ),
    Sent(
        id="client",
        parent="tool",
        at_ms=2,
        name="tools/call search",
        facts={"mcp.method.name": "tools/call", "gen_ai.tool.name": "search"},
    ),
    Sent(
        id="list",
        parent="agent",
        at_ms=3,
        name="tools/list",
        facts={"mcp.method.name": "tools/list"},
    ),
)
SMOLAGENTS = (
    Sent(
        id="agent",
        name="boss.run",
        facts={
            "openinference.span.kind": "AGENT",
            "llm.token_count.prompt": 70,
            "llm.token_count.completion": 7,
        },
    ),
    Sent(
        id="step",
        parent="agent",
        at_ms=1,
        name="Step 1",
        facts={"openinference.span.kind": "CHAIN"},
    ),
    Sent(
        id="tool",
        parent="step",
        at_ms=2,
        name="SearchTool",
        facts={
            "openinference.span.kind": "TOOL",
            "tool.name": "search",
            "tool.parameters": '{"query": {"type": "string"}}',
            "input.value": '{"args": [], "sanitize": false, "kwargs": {"query": "cats"}}',
        },
    ),
)
CREWAI = (
    Sent(id="crew", name="Crew_1.kickoff", facts={"openinference.span.kind": "CHAIN"}),
    Sent(
        id="first",
        parent="crew",
        at_ms=1,
        name="Researcher._execute_core",
        facts={"openinference.span.kind": "AGENT", "graph.node.id": "Researcher"},
    ),
    Sent(
        id="second",
        parent="crew",
        at_ms=2,
        name="Writer._execute_core",
        facts={
            "openinference.span.kind": "AGENT",
            "graph.node.id": "Writer",
            "graph.node.parent_id": "Researcher",
        },
    ),
)
AUTOGEN = (
    Sent(
        id="made",
        name="create_agent critic",
        facts={"gen_ai.operation.name": "create_agent", "gen_ai.system": "autogen"},
    ),
    Sent(
        id="agent",
        at_ms=1,
        name="invoke_agent critic",
        facts={
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.system": "autogen",
            "gen_ai.agent.name": "critic",
            "gen_ai.agent.id": "critic_5f0e",
        },
    ),
    Sent(
        id="tool",
        parent="agent",
        at_ms=2,
        name="execute_tool search",
        facts={
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.system": "autogen",
            "gen_ai.tool.name": "search",
        },
    ),
)
ADK_CALL = {
    "gen_ai.system": "gcp.vertex.agent",
    "gen_ai.request.model": "gemini-2.0-flash",
    "gcp.vertex.agent.session_id": "session 4",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 7,
}
# ADK 1.0 to 1.13: an agent stands in the span's name only, and the session on the model's calls
# only. What a call asks for runs below it, another agent too.
ADK = (
    Sent(id="run", name="invocation"),
    Sent(id="boss", parent="run", at_ms=1, name="agent_run [boss]"),
    Sent(id="call", parent="boss", at_ms=2, name="call_llm", facts=ADK_CALL),
    Sent(
        id="transfer",
        parent="call",
        at_ms=3,
        name="execute_tool transfer_to_agent",
        facts={
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "transfer_to_agent",
            "gcp.vertex.agent.tool_call_args": '{"agent_name": "researcher"}',
            "gcp.vertex.agent.tool_response": '{"result": null}',
        },
    ),
    Sent(id="sub", parent="call", at_ms=4, name="agent_run [researcher]"),
    Sent(id="second", parent="sub", at_ms=5, name="call_llm", facts=ADK_CALL),
    Sent(
        id="tool",
        parent="second",
        at_ms=6,
        name="execute_tool search",
        facts={
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
            "gcp.vertex.agent.tool_call_args": '{"query": "cats"}',
            "gcp.vertex.agent.tool_response": '{"found": "cats"}',
        },
    ),
    Sent(
        # Repeats the answers of tools that ran side by side.
        id="merged",
        parent="second",
        at_ms=7,
        name="execute_tool (merged)",
        facts={
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "(merged tools)",
            "gcp.vertex.agent.tool_call_args": "N/A",
            "gcp.vertex.agent.tool_response": "<not serializable>",
        },
    ),
)
ADK_FIRST = (
    Sent(id="agent", name="agent_run [clerk]"),
    Sent(
        # It tells no tokens.
        id="call",
        parent="agent",
        at_ms=1,
        name="call_llm",
        facts={
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.request.model": "gemini-2.0-flash",
            "gcp.vertex.agent.session_id": "session 5",
        },
    ),
    Sent(
        id="tool",
        parent="call",
        at_ms=2,
        name="tool_call [search]",
        facts={"gcp.vertex.agent.tool_call_args": '{"query": "cats"}'},
    ),
)
RUNS = {
    "traceloop": TRACELOOP,
    "langfuse": LANGFUSE,
    "vercel": VERCEL,
    "mcp": MCP,
    "smolagents": SMOLAGENTS,
    "crewai": CREWAI,
    "autogen": AUTOGEN,
    "adk": ADK,
    "adk_first": ADK_FIRST,
}
