"""Detects a repeated cycle: lag-match counters on canonical steps, at any period up to eight.

    c_p <- c_p + 1 if h_t == h_(t-p) else 0          occurrences = c_p / p + 1

The counters run backwards from the last step, so they depend on the window alone. Three occurrences
are a warning and five are critical; for steps that wait for something, ten and twenty. The same
question with different answers counts too, but later, and only if the answers repeat themselves or
show no progress. So reading on with `page_down` and polling a job that makes progress are no loops.
"""

from collections.abc import Sequence
from itertools import chain

from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.look import Look, cosine
from fleetglass_detectors.loops.step import Finding

PERIODS = 8
OCCURRENCES = (3, 5)
"""Occurrences from which a loop is a warning, and from which it is critical."""
PATIENCE = (10, 20)
"""The same for steps that wait for something."""
ASKED = (6, 12)
"""The same for equal questions with different outcomes."""
ALIKE = 0.9


def find(looks: Sequence[Look]) -> Finding | None:
    """Report a loop if the last step completes a cycle that was repeated often enough."""
    if not looks or looks[-1].call:
        return None
    last = looks[-1]
    model = last.step.kind == "llm"
    places = streams.acts(looks) if model else streams.tools(looks, actor=last.step.actor)
    stream = [looks[place] for place in places]
    return _same(stream, places) or _same_questions(stream, places)


def _same(stream: Sequence[Look], places: Sequence[int]) -> Finding | None:
    period, count = _longest([look.act for look in stream], least=OCCURRENCES[0] - 1)
    if not period:
        return None
    cycle = stream[-period:]
    # Without recorded contents, any two calls of a tool look the same.
    if all(look.silent and not (look.failed and look.recorded) for look in cycle):
        return None
    warn, stop = PATIENCE if all(map(streams.polling, cycle)) else OCCURRENCES
    what = "and each fails" if all(look.failed for look in cycle) else "with the same outcome"
    return _finding(places, period, count, warn=warn, stop=stop, what=what)


def _same_questions(stream: Sequence[Look], places: Sequence[int]) -> Finding | None:
    if stream[-1].step.kind == "llm":
        return None
    period, count = _longest([look.ask for look in stream], least=ASKED[0] - 1)
    if not period or _moves(stream[-period - count :], period):
        return None
    warn, stop = PATIENCE if all(map(streams.polling, stream[-period:])) else ASKED
    return _finding(
        places, period, count, warn=warn, stop=stop, what="with outcomes that say nothing new"
    )


def _longest(keys: Sequence[int], *, least: int) -> tuple[int, int]:
    """Return the shortest period with this many repeats, and how many steps in a row match."""
    for period in range(1, PERIODS + 1):
        if len(keys) < period * (least + 1) or keys[-1] != keys[-1 - period]:
            continue
        count = 0
        for place in range(len(keys) - 1, period - 1, -1):
            if keys[place] != keys[place - period]:
                break
            count += 1
        if count >= least * period:
            return period, count
    return 0, 0


def _moves(repeated: Sequence[Look], period: int) -> bool:
    """Return whether the outcomes make progress at any place of the cycle."""
    return any(_goes_on(repeated[start::period]) for start in range(period))


def _goes_on(looks: Sequence[Look]) -> bool:
    """Return whether a number moves, or most outcomes are new and differ clearly."""
    if all(look.silent for look in looks):
        # No outcome was recorded, so whether there is progress is unknown.
        return not looks[0].words.size
    if _counts(looks):
        return True
    if len({look.outcome for look in looks}) <= len(looks) // 2:
        return False
    pairs = list(zip(looks, looks[1:], strict=False))
    alike = sum(cosine(one.back, other.back) >= ALIKE for one, other in pairs)
    return alike < len(pairs) // 2


def _counts(looks: Sequence[Look]) -> bool:
    """Return whether one of the numbers in the outcomes only grows, or only shrinks."""
    rows = [look.numbers for look in looks if look.numbers]
    forwards = zip(*rows, strict=False)
    backwards = zip(*(row[::-1] for row in rows), strict=False)
    for column in chain(forwards, backwards):
        steps = [later - earlier for earlier, later in zip(column, column[1:], strict=False)]
        if any(steps) and (min(steps) >= 0 or max(steps) <= 0):
            return True
    return False


def _finding(
    places: Sequence[int], period: int, count: int, *, warn: int, stop: int, what: str
) -> Finding | None:
    repeats = count / period + 1
    if repeats < warn:
        return None
    steps = f"{period} steps" if period > 1 else "step"
    return Finding(
        kind="exact",
        critical=repeats >= stop,
        places=tuple(places[-period - count :]),
        period=period,
        repeats=repeats,
        score=repeats / warn,
        summary=f"repeats the same {steps} {int(repeats)} times, {what}",
    )
