"""The names that each dialect gives to a fact: the SQL that reads spans is made from this table.

To add a spelling, put it into its fact; a more trusted spelling comes first. `docs/dialects.md`
explains how. A collector that starts with a changed table updates the database's view; spans that
are already stored stay as they were read.
"""

from dataclasses import dataclass
from enum import Enum

from fleetglass import conventions as names


class Where(Enum):
    """Where a fact may be found. A span's own fact takes precedence over its resource's."""

    SPAN = "span"
    BOTH = "span or resource"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    """The SQL has it in the column `f_NAME`, and `r_NAME` for a resource."""
    spellings: tuple[str, ...]
    """In order of trust: if a span has two of them, the first counts."""
    where: Where = Where.SPAN


# The kind of work that a span is, in the words of each dialect.
KINDS = (
    Fact("own_kind", (names.KIND,)),
    Fact("langfuse_type", ("langfuse.observation.type",)),
    Fact("openinference_kind", ("openinference.span.kind",)),
    Fact("operation", ("gen_ai.operation.name",)),
    Fact("traceloop_kind", ("traceloop.span.kind",)),
    Fact("request_type", ("llm.request.type",)),
    Fact("vercel_operation", ("ai.operationId", "operation.name")),
    Fact("mcp_method", ("mcp.method.name",)),
)

# Which agent did the work, for whom, in which release.
IDENTITY = (
    Fact(
        "agent",
        (
            "gen_ai.agent.name",
            "agent.name",
            "agent_name",
            "ai.telemetry.functionId",
            "gen_ai.main_agent.name",
        ),
        Where.BOTH,
    ),
    Fact("node", ("graph.node.id",)),
    Fact("entity", ("traceloop.entity.name",)),
    Fact("metadata", ("metadata",)),
    Fact("agent_id", ("gen_ai.agent.id", "gen_ai.main_agent.id"), Where.BOTH),
    Fact(
        "agent_version",
        (names.AGENT_VERSION, "gen_ai.agent.version", "service.version"),
        Where.BOTH,
    ),
    Fact("cohort", (names.COHORT,), Where.BOTH),
    Fact("tier", (names.TIER,), Where.BOTH),
    Fact("action", (names.ACTION,)),
    Fact(
        "environment",
        ("deployment.environment.name", "deployment.environment", "langfuse.environment"),
        Where.BOTH,
    ),
    Fact("service", (names.SERVICE_NAME,), Where.RESOURCE),
    Fact(
        "prompt_version",
        (
            names.PROMPT_VERSION,
            "gen_ai.prompt.version",
            "llm.prompt_template.version",
            "traceloop.prompt.version",
            "langfuse.observation.prompt.version",
        ),
        Where.BOTH,
    ),
    Fact("run", (names.RUN_ID,)),
    Fact(
        "session",
        (
            "session.id",
            "langfuse.session.id",
            "traceloop.association.properties.session_id",
            "traceloop.association.properties.thread_id",
            "ai.telemetry.metadata.sessionId",
        ),
    ),
    Fact("conversation", ("gen_ai.conversation.id", "gcp.vertex.agent.session_id")),
    # Where AutoGen's messages go, such as `critic_TEAM.(TEAM)-A`, and who sent them, `critic_TEAM`.
    Fact("destination", ("messaging.destination",)),
    Fact("sender", ("sender_agent_type",)),
    Fact(
        "workflow",
        ("gen_ai.workflow.name", "traceloop.workflow.name", "langfuse.trace.name"),
    ),
    Fact("workflow_run", ("workflow.name",)),
)

# Calls of tools, and handoffs from one agent to another.
CALLS = (
    Fact("tool", ("gen_ai.tool.name", "tool.name", "ai.toolCall.name")),
    Fact("call_id", ("gen_ai.tool.call.id", "tool_call.id", "tool.id", "ai.toolCall.id")),
    Fact(
        "arguments",
        (
            "gen_ai.tool.call.arguments",
            "tool_arguments",
            "ai.toolCall.args",
            "gcp.vertex.agent.tool_call_args",
        ),
    ),
    Fact("schema", ("tool.parameters",)),
    Fact(
        "result",
        (
            "gen_ai.tool.call.result",
            "tool_response",
            "ai.toolCall.result",
            "gcp.vertex.agent.tool_response",
        ),
    ),
    Fact("tool_status", ("gen_ai.tool.status",)),
    Fact(
        "target",
        (names.HANDOFF_TO, "gen_ai.transfer.target.name", "gen_ai.agent.handoff.target.name"),
    ),
    Fact("transfer_mode", ("gen_ai.transfer.mode",)),
    Fact("caller", ("gen_ai.caller.name", "graph.node.parent_id")),
)

# Inputs and outputs; only hashes of them are kept.
CONTENT = (
    Fact("input", ("input.value", "traceloop.entity.input", "langfuse.observation.input")),
    Fact(
        "output",
        (
            "gen_ai.output.messages",
            "ai.response.text",
            "final_result",
            "gen_ai.completion.0.content",
            "llm.output_messages.0.message.content",
            "ai.response.toolCalls",
            "output.value",
            "traceloop.entity.output",
            "langfuse.observation.output",
        ),
    ),
)

# The model, and how its answer ended.
MODEL = (
    Fact(
        "model",
        (
            "gen_ai.request.model",
            "llm.model_name",
            "llm.request.model_name",
            "langfuse.observation.model.name",
            "embedding.model_name",
            "reranker.model_name",
            "ai.model.id",
            "model_name",
        ),
    ),
    Fact(
        "response_model",
        ("gen_ai.response.model", "llm.response.model_name", "ai.response.model"),
    ),
    Fact("provider", ("gen_ai.provider.name", "llm.provider", "gen_ai.system", "llm.system")),
    Fact("vercel_provider", ("ai.model.provider",)),
    Fact(
        "service_tier",
        (
            "gen_ai.openai.response.service_tier",
            "openai.response.service_tier",
            "gen_ai.openai.request.service_tier",
            "openai.request.service_tier",
            "gen_ai.request.service_tier",
        ),
    ),
    Fact("error_type", ("error.type", "exception.type")),
    Fact("level", ("langfuse.observation.level",)),
    Fact("usage_details", ("langfuse.observation.usage_details",)),
    Fact("cost_details", ("langfuse.observation.cost_details",)),
)

# Most often a list; its first element counts.
FINISH = (
    Fact(
        "finish",
        (
            "gen_ai.response.finish_reasons",
            "gen_ai.response.finish_reason",
            "llm.finish_reason",
            "ai.response.finishReason",
            "ai.finishReason",
            "stop_reason",
            "llm.response.finish_reason",
            "llm.response.stop_reason",
            "gen_ai.completion.0.finish_reason",
        ),
    ),
)

TEXTS = KINDS + IDENTITY + CALLS + CONTENT + MODEL + FINISH

NUMBERS = (
    Fact(
        "input_tokens",
        (
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "llm.usage.prompt_tokens",
            "ai.usage.inputTokens",
            "ai.usage.promptTokens",
            "gen_ai.aggregated_usage.input_tokens",
        ),
    ),
    Fact(
        "output_tokens",
        (
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "llm.usage.completion_tokens",
            "ai.usage.outputTokens",
            "ai.usage.completionTokens",
            "gen_ai.aggregated_usage.output_tokens",
        ),
    ),
    Fact(
        "total_tokens",
        (
            "gen_ai.usage.total_tokens",
            "llm.usage.total_tokens",
            "llm.token_count.total",
            "ai.usage.totalTokens",
            "ai.usage.tokens",
        ),
    ),
    Fact(
        "cache_read_tokens",
        (
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "llm.token_count.prompt_details.cache_read",
            "ai.usage.cachedInputTokens",
            "ai.usage.inputTokenDetails.cacheReadTokens",
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.aggregated_usage.cache_read.input_tokens",
        ),
    ),
    Fact(
        "cache_write_tokens",
        (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "llm.token_count.prompt_details.cache_write",
            "gen_ai.usage.details.cache_write_tokens",
            "ai.usage.inputTokenDetails.cacheWriteTokens",
            "gen_ai.aggregated_usage.cache_creation.input_tokens",
        ),
    ),
    Fact(
        "reasoning_tokens",
        (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "llm.token_count.completion_details.reasoning",
            "ai.usage.reasoningTokens",
            "ai.usage.outputTokenDetails.reasoningTokens",
            "gen_ai.usage.details.reasoning_tokens",
        ),
    ),
    Fact(
        "reported_cost",
        (
            "gen_ai.usage.cost.amount",
            "gen_ai.usage.cost",
            "gen_ai.usage.total_cost",
            "llm.cost.total",
            "operation.cost",
        ),
    ),
)

FACTS = TEXTS + NUMBERS

# What a model or an agent was given to read. Rows keep nothing of it; `span_texts` reads it from
# the stored attributes.
HEARD = (
    Fact(
        "heard",
        (
            "gen_ai.input.messages",
            "ai.prompt.messages",
            "ai.prompt",
            "gen_ai.prompt",
            "all_messages_events",
            "pydantic_ai.all_messages",
            "input.value",
            "traceloop.entity.input",
            "langfuse.observation.input",
        ),
    ),
    Fact("instructions", ("gen_ai.system_instructions", "gen_ai.system_prompt")),
)
# Dialects that spell each message as attributes of its own: `llm.input_messages.0.message.content`.
HEARD_PREFIXES = ("llm.input_messages.", "gen_ai.prompt.")

# Texts that some instrumentations put into an event instead of an attribute: the event's name, the
# name of its attribute.
EVENT_TEXTS = {
    "exception_type": ("exception", "exception.type"),
    "tool_message": ("gen_ai.tool.message", "content"),
    "choice": ("gen_ai.choice", "message"),
    "choice_finish": ("gen_ai.choice", "finish_reason"),
}

# The words that name a kind, in any attribute, in lower case. "chain" is missing: the kind of a
# chain depends on its place in the trace.
WORDS = {
    "agent": "agent",
    "invoke_agent": "agent",
    "ai.generatetext": "agent",
    "ai.streamtext": "agent",
    "ai.generateobject": "agent",
    "ai.streamobject": "agent",
    "llm": "llm",
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "completion": "llm",
    "generation": "llm",
    "ai.generatetext.dogenerate": "llm",
    "ai.streamtext.dostream": "llm",
    "ai.generateobject.dogenerate": "llm",
    "ai.streamobject.dostream": "llm",
    "tool": "tool",
    "execute_tool": "tool",
    "ai.toolcall": "tool",
    "tools/call": "tool",
    "retriever": "retrieval",
    "retrieval": "retrieval",
    "reranker": "retrieval",
    "rerank": "retrieval",
    "embedding": "embedding",
    "embeddings": "embedding",
    "ai.embed.doembed": "embedding",
    "ai.embedmany.doembed": "embedding",
    "workflow": "workflow",
    "invoke_workflow": "workflow",
    "invoke_graph": "workflow",
    "invoke_swarm": "workflow",
    "handoff": "handoff",
    "guardrail": "guardrail",
}

# Frameworks that put their own name where the provider should be: no price list has them.
NO_PROVIDERS = ("strands-agents", "microsoft.agent_framework", "autogen", "langchain", "langgraph")
