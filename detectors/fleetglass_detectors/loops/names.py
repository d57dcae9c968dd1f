"""Guesses from a tool's name what the tool does: whether it reads, changes, tests or waits.

Spans do not say so. A tool whose name says nothing counts as one that changes something, so that
equal calls of it may have other effects. `fleet.yaml` declares tools that poll.
"""

import re

_READING = re.compile(
    r"(?:^|[^a-z])(?:get|read|list|search|find|view|open|visit|fetch|browse|page|scroll|look"
    r"|lookup|inspect|query|retrieve|retriever|show|describe|count|check|poll|wait|sleep|status"
    r"|watch|test|tests|lint|grep|cat|ls|think|plan|screenshot|summarize|ask|consult|delegate"
    r"|research|scrape|crawl|extract|google|bing|wikipedia|arxiv|tavily|web|weather|news|calculator"
    r"|recall|knowledge|load)(?:[^a-z]|$)"
)
_CHANGING = re.compile(
    r"(?:^|[^a-z])(?:edit|write|create|delete|remove|update|insert|add|append|set|put|post|patch"
    r"|apply|replace|send|submit|upload|save|move|rename|commit|push|merge|book|reserve|buy|pay"
    r"|transfer|cancel|close|approve|reject|assign|invite|click|type|execute|run)(?:[^a-z]|$)"
)
_POLLING = re.compile(
    r"(?:^|[^a-z])(?:poll|wait|sleep|status|progress|watch|health|ping|heartbeat|await|tail|check)"
    r"(?:[^a-z]|$)"
)
_TESTING = re.compile(r"(?:^|[^a-z])(?:test|tests|lint)(?:[^a-z]|$)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def reading(tool: str) -> bool:
    """Return whether a tool only reads. Running tests is reading."""
    name = _spelled(tool)
    return bool(_READING.search(name)) and not (
        _CHANGING.search(name) and not _TESTING.search(name)
    )


def waiting(tool: str) -> bool:
    """Return whether a tool waits for something, so that repeating it is its job."""
    return bool(_POLLING.search(_spelled(tool)))


def _spelled(tool: str) -> str:
    return _CAMEL.sub("_", tool).lower()
