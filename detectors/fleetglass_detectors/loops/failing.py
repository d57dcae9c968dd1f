"""Detects a call that keeps failing, whatever the agent reads between the attempts.

A retry or two is good practice. Three attempts at the same call, within a few steps and with no
change in between, are what people call stuck. No cycle has to repeat: the agent may search once
more, read one more page, and make the broken call again. After a change the count starts again, so
editing and testing until a test passes is no loop.
"""

from collections.abc import Sequence

from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.look import Look
from fleetglass_detectors.loops.step import Finding

REACH = 16
"""How many calls of the same agent are looked at, counted back from the last."""
ATTEMPTS = (3, 6)
"""Attempts from which it is a warning, and from which it is critical."""


def find(looks: Sequence[Look]) -> Finding | None:
    """Report a finding if the last step is a failure like earlier ones."""
    if not looks or not looks[-1].failed or looks[-1].step.kind == "llm":
        return None
    last = looks[-1]
    if streams.polling(last) or not last.recorded:
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
        places=tuple(reversed(attempts)),
        period=1,
        repeats=float(len(attempts)),
        score=len(attempts) / warn,
        summary=f"the same call failed {len(attempts)} times with no change in between",
    )
