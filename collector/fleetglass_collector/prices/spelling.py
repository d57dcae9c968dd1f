"""Translates the names of providers and models from spans to the price list."""

from collections.abc import Iterator

# For names that the package does not have, neither with dashes for underscores, nor up to the first
# dot.
ALIASES = {
    "az.ai.inference": "azure",
    "fireworks_ai": "fireworks",
    "gcp.gen_ai": "google",
    "togetherai": "together",
}

# Spellings of OpenTelemetry, OpenInference and libraries. Their prices are stored in advance, so
# that most spans have a price when they arrive.
PROVIDERS = {
    "aws": ("aws.bedrock", "aws_bedrock", "bedrock", "amazon_bedrock"),
    "azure": ("azure.ai.inference", "az.ai.inference"),
    "google": ("gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai", "gemini", "vertexai", "vertex_ai"),
    "mistral": ("mistral_ai", "mistralai"),
    "moonshotai": ("moonshot_ai", "moonshot"),
    "openai": ("azure.ai.openai", "az.ai.openai"),
    "together": ("together_ai", "togetherai"),
    "x-ai": ("x_ai", "xai"),
}


def providers(spelled: str) -> Iterator[str | None]:
    """Yield names to try with the package, in order; None finds the provider by the model."""
    name = spelled.strip().lower()
    if not name:
        yield None
        # LiteLLM and its users put the provider into the model's name: `openai/gpt-4o`.
        yield "litellm"
        return
    yield name
    yield ALIASES.get(name, name.replace("_", "-"))
    yield name.partition(".")[0]


def models(spelled: str) -> Iterator[str]:
    """Yield names to try, in order. Google's API calls its models `models/NAME`."""
    yield spelled
    if spelled.startswith("models/"):
        yield spelled.removeprefix("models/")
