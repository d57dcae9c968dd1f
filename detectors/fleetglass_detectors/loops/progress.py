"""No progress: calls and tokens go on, and nothing new comes back.

The novelty of an outcome is how unlike it is to whatever came back before in the window:

    n_t = 1 - max over j < t of cos(out_t, out_j)

and a run is stale while the mean of the last eight is down. Three things are new although they look
old. A number that was not there: prices, states of a job and lines of a log differ in little else.
An answer about something else: that order 18 has no invoice either is not what was said of 17. And
a call that changes something, unless it is the very call that was made before.
"""

from collections.abc import Sequence

from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.look import Look, cosine
from fleetglass_detectors.loops.rephrased import names_another
from fleetglass_detectors.loops.step import Finding

STALE = 0.05
"""Mean novelty below which nothing new comes back; healthy runs may be known to have less."""
CALLS = (8, 16)
"""Over how many calls, to warn and to stop."""


def find(looks: Sequence[Look], *, stale: float = STALE) -> Finding | None:
    """Whether the last calls of the last step's agent brought nothing."""
    if not looks or looks[-1].step.kind == "llm":
        return None
    places = streams.tools(looks, actor=looks[-1].step.actor)
    calls = [looks[place] for place in places]
    warn, stop = CALLS
    length, old = 0, 0.0
    for end in range(len(calls), max(0, len(calls) - stop), -1):
        old += 1.0 - _novelty(calls[end - 1], calls[: end - 1])
        # The last call is nearly always new, and then nothing else is looked at.
        if old < (1.0 - stale) * (length + 1):
            break
        length += 1
    first = places[len(places) - length] if length else 0
    spent = sum(look.step.tokens for look in looks[first:])
    if length < warn or (not spent and any(look.step.tokens for look in looks)):
        return None
    return Finding(
        kind="no_progress",
        critical=length >= stop,
        first=first,
        last=places[-1],
        period=1,
        repeats=float(length),
        score=length / warn,
        summary=f"{length} calls brought nothing that was not there before, for {spent:,} tokens",
    )


def _novelty(look: Look, before: Sequence[Look]) -> float:
    """From 0, the same again, to 1; what nothing is known of, and waiting, is held to be new."""
    if look.silent or streams.polling(look):
        return 1.0
    if streams.changes(look) and all(other.ask != look.ask for other in before):
        return 1.0
    most = 0.0
    for other in reversed(before):
        if other.outcome == look.outcome:
            alike = 1.0
        elif most >= 1.0 - STALE or set(look.numbers) - set(other.numbers):
            continue
        else:
            alike = cosine(look.back, other.back)
        if alike > most and not names_another(look, other):
            most = alike
            if most == 1.0:
                break
    return 1.0 - most
