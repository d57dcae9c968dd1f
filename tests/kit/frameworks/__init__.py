"""What happened in the recorded spans of seven frameworks, read from them by eye."""

from kit.frameworks.agent_framework import AGENT_FRAMEWORK
from kit.frameworks.google_adk import GOOGLE_ADK
from kit.frameworks.langgraph import LANGGRAPH
from kit.frameworks.langgraph_otel_genai import LANGGRAPH_OTEL_GENAI
from kit.frameworks.openai_agents import OPENAI_AGENTS
from kit.frameworks.pydantic_ai import PYDANTIC_AI
from kit.frameworks.strands import STRANDS

FRAMEWORKS = (
    AGENT_FRAMEWORK,
    GOOGLE_ADK,
    LANGGRAPH,
    LANGGRAPH_OTEL_GENAI,
    OPENAI_AGENTS,
    PYDANTIC_AI,
    STRANDS,
)
