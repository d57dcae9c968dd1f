"""Attribute names, each spelled once. OpenTelemetry's first; `fleetglass.*` where there is none."""

SERVICE_NAME = "service.name"

TENANT = "fleetglass.tenant"
"""Resource attribute that the collector sets from the key a request came with."""

AGENT_VERSION = "fleetglass.agent.version"
COHORT = "fleetglass.cohort"
TIER = "fleetglass.tier"
ACTION = "fleetglass.action"
PROMPT_VERSION = "fleetglass.prompt.version"

RUN_ID = "fleetglass.run.id"
"""Where a run is not simply a trace."""

KIND = "fleetglass.kind"
"""What a span is, where no convention has a word for it: agent, llm, tool, retrieval, embedding,
workflow, handoff, guardrail or other."""

HANDOFF_TO = "fleetglass.handoff.to"
"""The agent that a handoff passes control to."""
