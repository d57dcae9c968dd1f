"""Which steps, put one after another, can form a cycle."""

import re
from collections.abc import Iterator, Sequence

from fleetglass_detectors.loops.look import Look

WINDOW = 128
"""Steps of a run that are judged together, at most."""

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
    """Whether a tool only looks, as far as its name says; running tests only looks, too."""
    name = _spelled(tool)
    return bool(_READING.search(name)) and not (
        _CHANGING.search(name) and not _TESTING.search(name)
    )


def changes(look: Look) -> bool:
    """Whether a call changed something, as far as is known: then the same is not the same."""
    return not look.failed and not reading(look.step.tool)


def polling(look: Look) -> bool:
    """Whether a step waits for something: doing that again and again is its job."""
    return look.waiting or bool(_POLLING.search(_spelled(look.step.tool)))


def tools(looks: Sequence[Look], *, actor: str) -> list[int]:
    """Places of an agent's calls; what its model says between them does not change the world."""
    return [
        place
        for place, look in enumerate(looks)
        if look.step.kind != "llm" and look.step.actor == actor
    ]


def acts(looks: Sequence[Look]) -> list[int]:
    """Places of all that the run did: its calls, and what models said that was not only a call."""
    return [place for place, look in enumerate(looks) if not look.call]


def words_alone(looks: Sequence[Look], *, actor: str) -> Iterator[int]:
    """Places of what an agent's model said that nothing came of: no call, no other agent's step.

    A model that says the same thing before each call works on; the calls tell what it does. The
    last step is given the benefit of the doubt the other way: what comes of it is not known yet.
    """
    for place, look in enumerate(looks):
        if look.step.kind != "llm" or look.call or look.step.actor != actor:
            continue
        then = looks[place + 1] if place + 1 < len(looks) else look
        if then.step.kind == "llm" and then.step.actor == actor:
            yield place


def _spelled(tool: str) -> str:
    return _CAMEL.sub("_", tool).lower()
