"""Chooses the steps that can form a cycle when they follow one another."""

from collections.abc import Iterator, Sequence

from fleetglass_detectors.loops import names
from fleetglass_detectors.loops.look import Look

WINDOW = 128
"""The most steps of a run that are judged together."""


def changes(look: Look) -> bool:
    """Return whether a call probably changed something, so that equal calls have other effects."""
    return not look.failed and not names.reading(look.step.tool)


def polling(look: Look) -> bool:
    """Return whether a step waits for something, so that repeating it is its job."""
    return look.waiting or names.waiting(look.step.tool)


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
