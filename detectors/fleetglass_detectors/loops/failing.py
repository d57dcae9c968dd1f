"""The same call fails, and is made again, and fails: whatever was looked at between the attempts.

A retry or two is good practice. Three attempts at one and the same thing, within a few steps and
with nothing changed in between, are what people call stuck, and no cycle has to repeat for it: one
more search, one more page, and the broken call again. An attempt after something was changed is a
new attempt, so that editing and testing until a test passes is no loop.
"""

from collections.abc import Sequence

from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.look import Look
from fleetglass_detectors.loops.step import Finding

REACH = 16
"""Calls of the same agent that are looked back at."""
ATTEMPTS = (3, 6)
"""From how many on to warn, and to stop."""


def find(looks: Sequence[Look]) -> Finding | None:
    """Whether the last step is one more failure of what failed before."""
    if not looks or not looks[-1].failed or looks[-1].step.kind == "llm":
        return None
    last = looks[-1]
    if streams.polling(last) or not last.told:
        return None
    attempts: list[int] = []
    for place in reversed(streams.tools(looks, actor=last.step.actor)[-REACH:]):
        look = looks[place]
        if look.ask == last.ask:
            if not look.failed:
                break
            attempts.append(place)
        elif streams.changes(look):
            break
    return _finding(attempts) if len(attempts) >= ATTEMPTS[0] else None


def _finding(attempts: Sequence[int]) -> Finding:
    warn, stop = ATTEMPTS
    return Finding(
        kind="failing",
        critical=len(attempts) >= stop,
        first=attempts[-1],
        last=attempts[0],
        period=1,
        repeats=float(len(attempts)),
        score=len(attempts) / warn,
        summary=f"the same call failed {len(attempts)} times, and nothing was changed in between",
    )
