"""Detects a lack of progress: calls continue, but return nothing new.

The novelty of an outcome is how much it differs from every earlier outcome in the window:

    n_t = 1 - max over j < t of cos(out_t, out_j)

and a run is stale while the mean of the last eight is low. Three things count as new although they
look old. A new number: prices, job states and log lines often differ in nothing else. An answer
about something else: that order 18 has no invoice either is news after order 17. And a call that
changes something, unless exactly the same call was made before.
"""

from collections.abc import Sequence

from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.look import Look, cosine
from fleetglass_detectors.loops.rephrased import names_another
from fleetglass_detectors.loops.step import Finding

STALE = 0.05
"""Mean novelty below which nothing new comes back; healthy runs may be known to have less."""
CALLS = (8, 16)
"""Stale calls from which it is a warning, and from which it is critical."""


def find(looks: Sequence[Look], *, stale: float = STALE) -> Finding | None:
    """Report a finding if the latest calls of the last step's agent returned nothing new."""
    if not looks or looks[-1].step.kind == "llm":
        return None
    places = streams.tools(looks, actor=looks[-1].step.actor)
    calls = [looks[place] for place in places]
    warn, stop = CALLS
    length, old = 0, 0.0
    for end in range(len(calls), max(0, len(calls) - stop), -1):
        old += 1.0 - _novelty(calls[end - 1], calls[: end - 1])
        # The last call is nearly always new, and then the loop ends here.
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
        places=tuple(places[-length:]),
        period=1,
        repeats=float(length),
        score=length / warn,
        summary=f"the last {length} calls returned nothing new and used {spent:,} tokens",
    )


def _novelty(look: Look, before: Sequence[Look]) -> float:
    """Return 0 for a repeated outcome up to 1 for a new one; unknown ones and waits are new."""
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
