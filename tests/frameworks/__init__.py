"""What happened in the recorded spans of seven frameworks, read from them by eye."""

from frameworks.agent_framework import AGENT_FRAMEWORK
from frameworks.google_adk import GOOGLE_ADK
from frameworks.langgraph import LANGGRAPH
from frameworks.langgraph_otel_genai import LANGGRAPH_OTEL_GENAI
from frameworks.openai_agents import OPENAI_AGENTS
from frameworks.pydantic_ai import PYDANTIC_AI
from frameworks.strands import STRANDS

FRAMEWORKS = (
    AGENT_FRAMEWORK,
    GOOGLE_ADK,
    LANGGRAPH,
    LANGGRAPH_OTEL_GENAI,
    OPENAI_AGENTS,
    PYDANTIC_AI,
    STRANDS,
)
