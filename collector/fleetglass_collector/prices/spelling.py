"""How spans spell providers and models, and how the price list does."""

from collections.abc import Iterator

# Where neither the name itself, nor a dash for an underscore, nor what is before the first dot
# leads to a provider of the package.
ALIASES = {
    "az.ai.inference": "azure",
    "fireworks_ai": "fireworks",
    "gcp.gen_ai": "google",
    "togetherai": "together",
}

# Spellings that the seeds use, so that most spans find a price when they arrive: OpenTelemetry's,
# OpenInference's and those of libraries.
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
    """Names to try with the package, in order; None asks it to tell the provider by the model."""
    name = spelled.strip().lower()
    if not name:
        yield None
        # A model `openai/gpt-4o` says by itself whose it is: so LiteLLM and its users spell them.
        yield "litellm"
        return
    yield name
    yield ALIASES.get(name, name.replace("_", "-"))
    yield name.partition(".")[0]


def models(spelled: str) -> Iterator[str]:
    """Names to try, in order: Google's API takes and gives its models as `models/NAME`."""
    yield spelled
    if spelled.startswith("models/"):
        yield spelled.removeprefix("models/")
