"""Chooses the steps that can form a cycle when they follow one another."""

import re
from collections.abc import Iterator, Sequence

from fleetglass_detectors.loops.look import Look

WINDOW = 128
"""The most steps of a run that are judged together."""

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
    """Return whether a tool only reads, as far as its name says. Running tests is reading."""
    name = _spelled(tool)
    return bool(_READING.search(name)) and not (
        _CHANGING.search(name) and not _TESTING.search(name)
    )


def changes(look: Look) -> bool:
    """Return whether a call probably changed something, so that equal calls have other effects."""
    return not look.failed and not reading(look.step.tool)


def polling(look: Look) -> bool:
    """Return whether a step waits for something, so that repeating it is its job."""
    return look.waiting or bool(_POLLING.search(_spelled(look.step.tool)))


def tools(looks: Sequence[Look], *, actor: str) -> list[int]:
    """Return the places of an agent's calls, without the model's outputs between them."""
    return [
        place
        for place, look in enumerate(looks)
        if look.step.kind != "llm" and look.step.actor == actor
    ]


def acts(looks: Sequence[Look]) -> list[int]:
    """Return the places of all calls, and of model outputs that are more than a call."""
    return [place for place, look in enumerate(looks) if not look.call]


def words_alone(looks: Sequence[Look], *, actor: str) -> Iterator[int]:
    """Yield the places of an agent's model outputs that no call and no other agent's step follows.

    A model that says the same thing before each call still works: its calls show what it does. The
    last step is included, because nobody knows yet what follows it.
    """
    for place, look in enumerate(looks):
        if look.step.kind != "llm" or look.call or look.step.actor != actor:
            continue
        then = looks[place + 1] if place + 1 < len(looks) else look
        if then.step.kind == "llm" and then.step.actor == actor:
            yield place


def _spelled(tool: str) -> str:
    return _CAMEL.sub("_", tool).lower()
