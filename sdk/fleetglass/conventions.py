"""Attribute names, each spelled once. OpenTelemetry's first; `fleetglass.*` where there is none."""

SERVICE_NAME = "service.name"
ERROR_TYPE = "error.type"

OPERATION = "gen_ai.operation.name"
AGENT_NAME = "gen_ai.agent.name"
AGENT_ID = "gen_ai.agent.id"
CONVERSATION = "gen_ai.conversation.id"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_ID = "gen_ai.response.id"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
COST = "gen_ai.usage.cost"
INPUT = "gen_ai.input.messages"
OUTPUT = "gen_ai.output.messages"
TOOL_NAME = "gen_ai.tool.name"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"

TENANT = "fleetglass.tenant"
"""Resource attribute that the collector sets from the key a request came with."""

AGENT_VERSION = "fleetglass.agent.version"
COHORT = "fleetglass.cohort"
TIER = "fleetglass.tier"
ACTION = "fleetglass.action"
AMOUNT = "fleetglass.action.amount"
REVERSIBLE = "fleetglass.action.reversible"
PROMPT_VERSION = "fleetglass.prompt.version"

RUN_ID = "fleetglass.run.id"
"""Where a run is not simply a trace."""

KIND = "fleetglass.kind"
"""What a span is, where no convention has a word for it: agent, llm, tool, retrieval, embedding,
workflow, handoff, guardrail or other. A heartbeat, feedback and the like are of kind other."""

HANDOFF_TO = "fleetglass.handoff.to"
"""The agent that a handoff passes control to."""

OUTCOME = "fleetglass.outcome"
"""How a span ended that did not end by itself: cancelled, abandoned, interrupted or stopped."""

NOTE = "fleetglass.note."
"""Prefix of what an author adds."""

HEARTBEAT = "fleetglass.heartbeat"
HEARTBEAT_NUMBER = "fleetglass.heartbeat.number"
"""0 says that a run has started; the others count on."""
HEARTBEAT_OPEN_S = "fleetglass.heartbeat.open_s"
HEARTBEAT_CADENCE_S = "fleetglass.heartbeat.cadence_s"
HEARTBEAT_STEPS = "fleetglass.heartbeat.steps"
HEARTBEAT_TOKENS = "fleetglass.heartbeat.tokens"
HEARTBEAT_USD = "fleetglass.heartbeat.usd"
HEARTBEAT_LAST = "fleetglass.heartbeat.last_step"

LOSS = "fleetglass.loss"
LOSS_SPANS = "fleetglass.loss.spans"
LOSS_REASON = "fleetglass.loss.reason"

APPROVAL_BY = "fleetglass.approval.by"
APPROVAL_ACTION = "fleetglass.approval.action"
APPROVAL_GRANTED = "fleetglass.approval.granted"
APPROVAL_ARGUMENTS = "fleetglass.approval.arguments"
"""The fingerprint of the arguments that were approved; see `fleetglass.fingerprints`."""

FEEDBACK_KIND = "fleetglass.feedback.kind"
"""score, label, edit, retry or abandon."""
FEEDBACK_SCORE = "fleetglass.feedback.score"
FEEDBACK_LABEL = "fleetglass.feedback.label"
FEEDBACK_TEXT = "fleetglass.feedback.text"
FEEDBACK_BY = "fleetglass.feedback.by"

PROBE_SERVICE = "fleetglass-doctor"
"""The service of the spans by which `fleetglass doctor` tests the way to the database. They count
for no agent."""

HIDDEN = (
    r"""[\s"'<\[({_*]*(?:redacted|hidden|omitted|masked|scrubbed|not recorded)"""
    r"""(?: (?:by|due|because)\b[^"]*)?[\s"'>\])}_*.]*"""
)
"""A regular expression for marks in the place of a text that an instrumentation hides, in any
case, such as "__REDACTED__". Python and ClickHouse read it alike."""
LONGEST_MARK = 64
